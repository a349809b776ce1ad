import Bytes
import Replication

/// A changed record as it is stored until `Deflation` comes to it: the stored form of its
/// predecessor and the patch that makes it of that, in one row. That is little longer than what
/// stood there, so the row stays in its page of the file. Never travels.
struct PatchedForm {
  /// What is smaller is deflated at once.
  static let recordBytesMin = 128

  /// Of the base: one that travels.
  let dictionary: Int64
  let base: [UInt8]
  let patch: RecordPatch

  init?(_ patch: RecordPatch, on base: PackedRecord) {
    if base.dictionary < 0 { return nil }
    (dictionary, self.base, self.patch) = (base.dictionary, base.bytes, patch)
  }

  /// CBOR: the base's dictionary, octets of prefix and suffix, the patch's middle, the base.
  init(_ octets: [UInt8]) throws(Malformed) {
    var reader = CBORReader(octets)
    guard try reader.array() == 5 else { throw Malformed("no patched record", at: 0) }
    dictionary = Int64(try reader.count())
    let (prefix, suffix) = (try reader.count(), try reader.count())
    let middle = try reader.octets()
    base = try reader.octets()
    try reader.end()
    patch = RecordPatch(
      base: [], result: [], prefixCount: prefix, suffixCount: suffix, middle: middle)
  }

  var octets: [UInt8] {
    var writer = CBORWriter(reserving: base.count + patch.middle.count + 32)
    writer.array(5)
    writer.integer(dictionary)
    writer.unsigned(UInt64(patch.prefixCount))
    writer.unsigned(UInt64(patch.suffixCount))
    writer.octets(patch.middle)
    writer.octets(base)
    return writer.bytes
  }
}

extension Transaction {
  /// A change as it is stored first: on its predecessor, where that is deflated already and it gets
  /// no longer by it; else as it is.
  func deferred(
    _ record: Record, _ digest: Digest, over old: StoredRecord
  ) throws -> PackedRecord {
    let patch = codec.patch(from: old, to: record.bytes, digest)
    let form = try packed(row: old.row).flatMap { PatchedForm(patch, on: $0) }
    if let octets = form?.octets, octets.count < record.bytes.count {
      return PackedRecord(dictionary: RecordCodec.patched, bytes: octets, digest: digest)
    }
    return PackedRecord(dictionary: RecordCodec.plain, bytes: record.bytes, digest: digest)
  }
}
