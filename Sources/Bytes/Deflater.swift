import CZlib

/// Compresses messages one by one as raw deflate. RFC 1951.
///
/// A stream is primed with the preset dictionary once and copied for each message: setting a
/// dictionary costs more than a small message does. Belongs to one thread at a time.
package final class Deflater {
  /// No message may be longer: zlib counts in 32 bits.
  package static let bytesMax = Int(Int32.max)

  private let level: Int32
  private let memoryLevel: Int32
  /// Holds the dictionary and is never written to. zlib keeps its address.
  private let primed: UnsafeMutablePointer<z_stream>
  /// For dictionaries that serve once; made when first needed.
  private var single: UnsafeMutablePointer<z_stream>?

  /// `level` is 0 to 9; of a dictionary the last 32 KiB count, and it may be empty. `memoryLevel`
  /// is zlib's, 1 to 9: a lower one begins sooner, and compresses long messages less.
  package init(level: Int, dictionary: [UInt8], memoryLevel: Int = 8) {
    precondition((0...9).contains(level) && (1...9).contains(memoryLevel))
    (self.level, self.memoryLevel) = (Int32(level), Int32(memoryLevel))
    primed = Self.stream(level: Int32(level), memoryLevel: Int32(memoryLevel))
    Self.prime(primed, dictionary)
  }

  deinit {
    Self.dispose(primed)
    if let single { Self.dispose(single) }
  }

  /// The bytes, compressed with the dictionary of this deflater.
  package func deflate(_ bytes: [UInt8]) -> [UInt8] {
    var copy = z_stream()
    return withUnsafeMutablePointer(to: &copy) { copy in
      let status = deflateCopy(copy, primed)
      precondition(status == Z_OK, "no memory to compress")
      defer { deflateEnd(copy) }
      return Self.run(copy, bytes)
    }
  }

  /// The bytes, compressed with a dictionary that serves this message only.
  package func deflate(_ bytes: [UInt8], dictionary: [UInt8]) -> [UInt8] {
    let stream = single ?? Self.stream(level: level, memoryLevel: memoryLevel)
    single = stream
    let status = deflateReset(stream)
    precondition(status == Z_OK)
    Self.prime(stream, dictionary)
    return Self.run(stream, bytes)
  }

  private static func stream(
    level: Int32, memoryLevel: Int32
  ) -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, level, Z_DEFLATED, -MAX_WBITS, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "no memory to compress")
    return stream
  }

  private static func dispose(_ stream: UnsafeMutablePointer<z_stream>) {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  private static func prime(_ stream: UnsafeMutablePointer<z_stream>, _ dictionary: [UInt8]) {
    guard !dictionary.isEmpty else { return }
    precondition(dictionary.count <= bytesMax)
    let status = deflateSetDictionary(stream, dictionary, UInt32(dictionary.count))
    precondition(status == Z_OK)
  }

  private static func run(
    _ stream: UnsafeMutablePointer<z_stream>, _ bytes: [UInt8]
  ) -> [UInt8] {
    precondition(bytes.count <= bytesMax)
    let bound = Int(deflateBound(stream, UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      let status = bytes.withUnsafeBufferPointer { input in
        // zlib reads the input through a pointer that it does not declare const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(bound)
        return CZlib.deflate(stream, Z_FINISH)
      }
      precondition(status == Z_STREAM_END, "deflateBound was too small")
      count = bound - Int(stream.pointee.avail_out)
    }
  }
}
