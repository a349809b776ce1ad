import Bytes
import Replication

/// One record, or the news that one has left, as it travels:
///
///     [10, dictionary, deflated octets]                          whole
///     [11, key, base, result, prefix, suffix, deflated middle]   patch
///     [12, key]                                                  left
///
/// A key is [owner, kind, id]; base has 8 octets of a digest, result 16.
package enum StreamItem: Sendable, Equatable {
  case whole(dictionary: Int64, bytes: [UInt8])
  case patch(RecordKey, RecordPatch)
  case left(RecordKey)

  init(_ number: UInt64, count: Int, _ reader: inout CBORReader) throws(Malformed) {
    let start = reader.offset
    switch (number, count) {
    case (10, 3):
      let dictionary = try reader.integer()
      self = .whole(dictionary: dictionary, bytes: try reader.octets())
    case (11, 7):
      let key = try reader.recordKey()
      let base = try reader.octets(count: RecordPatch.baseOctets)
      let result = try reader.octets(count: RecordPatch.resultOctets)
      let (prefix, suffix) = (try reader.count(), try reader.count())
      self = .patch(
        key,
        RecordPatch(
          base: base, result: result, prefixCount: prefix, suffixCount: suffix,
          middle: try reader.octets()))
    case (12, 2):
      self = .left(try reader.recordKey())
    default:
      throw Malformed("not a record of a stream", at: start)
    }
  }

  package func write(to writer: inout CBORWriter) {
    switch self {
    case .whole(let dictionary, let bytes):
      writer.array(3)
      writer.unsigned(10)
      writer.integer(dictionary)
      writer.octets(bytes)
    case .patch(let key, let patch):
      writer.array(7)
      writer.unsigned(11)
      writer.recordKey(key)
      writer.octets(patch.base)
      writer.octets(patch.result)
      writer.unsigned(UInt64(patch.prefixCount))
      writer.unsigned(UInt64(patch.suffixCount))
      writer.octets(patch.middle)
    case .left(let key):
      writer.array(2)
      writer.unsigned(12)
      writer.recordKey(key)
    }
  }

  /// Octets that it takes in a page, but for a few of framing.
  package var weight: Int {
    switch self {
    case .whole(_, let bytes): bytes.count + 8
    case .patch(_, let patch): patch.middle.count + 64
    case .left: 32
    }
  }
}

extension CBORReader {
  /// The head of the next item of a sequence: its number and how many elements it has in all.
  mutating func itemHead() throws(Malformed) -> (number: UInt64, count: Int) {
    let start = offset
    let count = try array()
    guard count > 0 else { throw Malformed("an item begins with its number", at: start) }
    return (try unsigned(), count)
  }
}
