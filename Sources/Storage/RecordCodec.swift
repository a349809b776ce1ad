import Bytes
import Replication

/// Stored form of records: raw deflate with a numbered preset dictionary. Records travel in this
/// form, so that nothing is inflated to relay or to serve. Used under the store's lock.
package final class RecordCodec {
  /// The dictionary that new records are stored with.
  package static let dictionary: Int64 = 1
  /// The form of what is stored as it is, until `Deflation` comes to it. Never travels.
  package static let plain: Int64 = -1
  /// The dictionaries that this program knows; 0 is none.
  package static let dictionaries: [Int64] = [0, 1]

  private let plain = Deflater(level: 6, dictionary: [])
  private let primed = Deflater(level: 6, dictionary: PresetDictionary.first)
  private let plainInflater = Inflater(dictionary: [])
  private let primedInflater = Inflater(dictionary: PresetDictionary.first)

  /// Small things with dictionaries that serve once: less to be cleared before each.
  private let patching = Deflater(level: 6, dictionary: [], memoryLevel: 5)
  package let patches = PatchMemory()

  package init() {}

  package var patchDeflater: Deflater { patching }
  package var patchInflater: Inflater { plainInflater }

  package func deflated(_ bytes: [UInt8], dictionary: Int64) -> [UInt8] {
    if dictionary == RecordCodec.plain { return bytes }
    return dictionary == 1 ? primed.deflate(bytes) : plain.deflate(bytes)
  }

  package func inflated(_ bytes: [UInt8], dictionary: Int64) throws(Malformed) -> [UInt8] {
    switch dictionary {
    case RecordCodec.plain:
      if bytes.count > RecordLimits.bytesMax { throw Malformed("a record too large", at: 0) }
      return bytes
    case 0: return try plainInflater.inflate(bytes, bytesMax: RecordLimits.bytesMax)
    case 1: return try primedInflater.inflate(bytes, bytesMax: RecordLimits.bytesMax)
    default: throw Malformed("dictionary \(dictionary) is unknown to this program", at: 0)
    }
  }
}
