import Bytes
import Replication
import Storage
import SyncProtocol

/// One item of a stream, read as far as it can be without a store: what costs most in receiving is
/// done before a transaction begins, and beside another.
enum ReadItem: Sendable {
  case record(Record, PackedRecord)
  case patch(RecordKey, RecordPatch)
  case left(RecordKey)
  /// Not a record at all; its key where that much can be read.
  case unreadable(Malformed, RecordKey?, Digest)

  init(_ item: StreamItem, _ codec: RecordCodec, _ algorithm: DigestAlgorithm) {
    switch item {
    case .patch(let key, let patch): self = .patch(key, patch)
    case .left(let key): self = .left(key)
    case .whole(let dictionary, let bytes):
      var canonical: [UInt8] = []
      do throws(Malformed) {
        guard dictionary >= 0 else { throw Malformed("no such dictionary", at: 0) }
        canonical = try codec.inflated(bytes, dictionary: dictionary)
        let record = try Record(canonical: canonical)
        self = .record(
          record,
          PackedRecord(
            dictionary: dictionary, bytes: bytes, digest: algorithm.digest(canonical)))
      } catch {
        var reader = CBORReader(canonical)
        let key = (try? reader.array()).flatMap { _ in try? reader.recordKey() }
        self = .unreadable(error, key, algorithm.digest(canonical))
      }
    }
  }

  /// Reads a page: in parts that `ports` may do side by side.
  static func read(
    _ items: [StreamItem], _ algorithm: DigestAlgorithm, _ ports: StorePorts
  ) -> [ReadItem] {
    let partsCount = items.count < partItems ? 1 : partsMax
    if partsCount == 1 {
      let codec = RecordCodec()
      return items.map { ReadItem($0, codec, algorithm) }
    }
    let parts = Lock<[Int: [ReadItem]]>([:])
    ports.sideBySide(partsCount) { part in
      let codec = RecordCodec()
      let range = items.count * part / partsCount..<items.count * (part + 1) / partsCount
      let read = items[range].map { ReadItem($0, codec, algorithm) }
      parts.withLock { $0[part] = read }
    }
    return parts.withLock { parts in (0..<partsCount).flatMap { parts[$0] ?? [] } }
  }

  /// Of the digests of the wholes.
  static func sum(_ items: [ReadItem]) -> DigestSum {
    var sum = DigestSum()
    add(items, to: &sum)
    return sum
  }

  static func add(_ items: [ReadItem], to sum: inout DigestSum) {
    for item in items {
      switch item {
      case .record(_, let packed): sum.add(packed.digest)
      case .unreadable(_, _, let digest): sum.add(digest)
      case .patch, .left: break
      }
    }
  }

  private static let partItems = 128
  private static let partsMax = 2
}
