import Bytes
import Replication
import Storage
import SyncProtocol

extension Snapshot {
  /// A record as it goes to a peer: a patch where the peer's copy is known and still here, else
  /// the whole as it is stored.
  func packed(
    _ entry: StreamEntry, for dictionaries: [Int64]
  ) throws -> StreamItem? {
    guard let digest = entry.digest,
      let stored = try entry.packed ?? packed(row: entry.row)
    else { return nil }
    if let agreed = entry.entry.agreed,
      let patch = try patch(of: entry.row, from: agreed, to: digest)
    {
      let item = StreamItem.patch(entry.key, patch)
      if item.weight < stored.bytes.count { return item }
    }
    if stored.dictionary == 0 || dictionaries.contains(stored.dictionary) {
      return .whole(dictionary: stored.dictionary, bytes: stored.bytes)
    }
    guard let bytes = try bytes(row: entry.row, digest: digest) else { return nil }
    let best = RecordCodec.best(of: dictionaries)
    return .whole(dictionary: best, bytes: codec.deflated(bytes, dictionary: best))
  }

  /// Nil where the base is not here any more.
  private func patch(
    of row: Int64, from base: Digest, to result: Digest
  ) throws -> RecordPatch? {
    if let known = codec.patches.patch(from: base, to: result) { return known }
    // An old version that cannot be read makes no patch, and stands in nobody's way.
    guard let old = (try? bytes(row: row, digest: base)) ?? nil,
      let new = try bytes(row: row, digest: result)
    else { return nil }
    let patch = RecordPatch(from: old, base, to: new, result, deflater: codec.patchDeflater)
    codec.patches.keep(patch, from: base, to: result)
    return patch
  }
}
