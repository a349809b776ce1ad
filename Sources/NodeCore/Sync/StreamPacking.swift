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
    // An old version that cannot be read makes no patch, and stands in nobody's way.
    if let agreed = entry.entry.agreed,
      let base = (try? bytes(row: entry.row, digest: agreed)) ?? nil,
      let new = try bytes(row: entry.row, digest: digest)
    {
      let patch = RecordPatch(
        from: base, agreed, to: new, digest, deflater: codec.patchDeflater)
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
}
