import Bytes
import Replication

/// Stored form of records: raw deflate with a numbered preset dictionary, from number 2 on of
/// folded octets. Records travel in this form, so that nothing is inflated to relay or to serve.
/// Used under the store's lock.
package final class RecordCodec {
  /// The dictionary that new records are stored with.
  package static let dictionary: Int64 = 2
  /// The form of what is stored as it is, until `Deflation` comes to it. Never travels.
  package static let plain: Int64 = -1
  /// The form of what is stored on its predecessor until then (`PatchedForm`). Never travels.
  package static let patched: Int64 = -2
  /// The dictionaries that this program knows; 0 is none.
  package static let dictionaries: [Int64] = [0, 1, 2]
  /// Folding makes octets at most twice as many, and two.
  private static let foldedBytesMax = 2 * RecordLimits.bytesMax + 2

  // Made when first needed: a short command needs one or two of them.
  private lazy var plain = Deflater(level: 6, dictionary: [])
  private lazy var first = Deflater(level: 6, dictionary: PresetDictionary.first)
  private lazy var second = Deflater(level: 6, dictionary: PresetDictionary.second)
  private lazy var plainInflater = Inflater(dictionary: [])
  private lazy var firstInflater = Inflater(dictionary: PresetDictionary.first)
  private lazy var secondInflater = Inflater(dictionary: PresetDictionary.second)
  private lazy var expander = WordExpander(PresetWords.codes)

  /// Small things with dictionaries that serve once: less to be cleared before each.
  private lazy var patching = Deflater(level: 6, dictionary: [], memoryLevel: 5)
  package let patches = PatchMemory()

  package init() {}

  package var patchDeflater: Deflater { patching }
  package var patchInflater: Inflater { plainInflater }

  /// What makes new octets of a record, which is remembered: it came as a patch itself, or who
  /// sends it would have to read both again.
  func patch(from old: StoredRecord, to bytes: [UInt8], _ digest: Digest) -> RecordPatch {
    if let known = patches.patch(from: old.digest, to: digest) { return known }
    let patch = RecordPatch(
      from: old.record.bytes, old.digest, to: bytes, digest, deflater: patchDeflater)
    patches.keep(patch, from: old.digest, to: digest)
    return patch
  }

  /// The best of the dictionaries that a peer has announced and this program knows.
  package static func best(of announced: [Int64]) -> Int64 {
    dictionaries.last(where: announced.contains) ?? 0
  }

  package func deflated(_ bytes: [UInt8], dictionary: Int64) -> [UInt8] {
    switch dictionary {
    case RecordCodec.plain: bytes
    case 1: first.deflate(bytes)
    case 2: second.deflate(PresetWords.folder.fold(bytes))
    default: plain.deflate(bytes)
    }
  }

  package func inflated(_ bytes: [UInt8], dictionary: Int64) throws(Malformed) -> [UInt8] {
    switch dictionary {
    case RecordCodec.plain:
      if bytes.count > RecordLimits.bytesMax { throw Malformed("a record too large", at: 0) }
      return bytes
    case 0: return try plainInflater.inflate(bytes, bytesMax: RecordLimits.bytesMax)
    case 1: return try firstInflater.inflate(bytes, bytesMax: RecordLimits.bytesMax)
    case 2: return try expanded(bytes)
    case RecordCodec.patched:
      let form = try PatchedForm(bytes)
      let base = try inflated(form.base, dictionary: form.dictionary)
      guard let made = form.patch.applied(to: base, inflater: patchInflater),
        made.count <= RecordLimits.bytesMax
      else {
        throw Malformed("a patch that does not fit its base", at: 0)
      }
      return made
    default: throw Malformed("dictionary \(dictionary) is unknown to this program", at: 0)
    }
  }

  private func expanded(_ bytes: [UInt8]) throws(Malformed) -> [UInt8] {
    let expander = self.expander
    return try secondInflater.withInflated(bytes, bytesMax: Self.foldedBytesMax) {
      folded throws(Malformed) in
      try expander.expand(folded, bytesMax: RecordLimits.bytesMax)
    }
  }
}
