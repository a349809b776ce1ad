import CZlib

/// Expands gzip content (RFC 1952) of bounded size and ratio. One member only: what two readers
/// could see differently is refused.
package enum GzipContent {
  package enum Fault: Error, Equatable, Sendable {
    case malformed
    /// It expands beyond the bytes or the ratio allowed.
    case tooLarge
  }

  /// What expanded content may come to.
  package struct Bounds: Sendable, Equatable {
    package let bytesMax: Int
    /// Expanded octets for each one received.
    package let ratioMax: Int
    /// No ratio is asked of what expands to no more.
    package let freeBytes: Int

    package init(bytesMax: Int, ratioMax: Int, freeBytes: Int) {
      self.bytesMax = bytesMax
      self.ratioMax = ratioMax
      self.freeBytes = freeBytes
    }

    /// Most of what so many octets may become.
    func bytesMax(of count: Int) -> Int {
      let (product, overflow) = count.multipliedReportingOverflow(by: ratioMax)
      return overflow ? bytesMax : min(bytesMax, max(product, freeBytes))
    }
  }

  /// Whether the content itself says that it expands beyond the bounds. Costs nothing; content that
  /// lies is found when it is expanded.
  package static func admitsExcess(_ bytes: [UInt8], within bounds: Bounds) -> Bool {
    guard bytes.count >= 18, bytes.starts(with: [0x1F, 0x8B, 0x08]) else { return false }
    let declared = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    return declared > bounds.bytesMax(of: bytes.count)
  }

  /// Takes no memory beyond the bounds and one chunk.
  package static func expand(_ bytes: [UInt8], within bounds: Bounds) throws(Fault) -> [UInt8] {
    guard bytes.count <= Deflater.bytesMax else { throw .tooLarge }
    var stream = z_stream()
    let windowBits = MAX_WBITS + 16  // gzip alone
    let size = Int32(MemoryLayout<z_stream>.size)
    precondition(inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK, "no memory")
    defer { inflateEnd(&stream) }
    let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: chunkBytes)
    defer { chunk.deallocate() }
    var output: [UInt8] = []
    let fault = bytes.withUnsafeBufferPointer { input -> Fault? in
      // zlib reads the input through a pointer that it does not declare const.
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(input.count)
      return run(&stream, chunk, into: &output, of: input.count, bounds)
    }
    if let fault { throw fault }
    return output
  }

  private static let chunkBytes = 1 << 16

  private static func run(
    _ stream: inout z_stream, _ chunk: UnsafeMutableBufferPointer<UInt8>,
    into output: inout [UInt8], of count: Int, _ bounds: Bounds
  ) -> Fault? {
    while true {
      stream.next_out = chunk.baseAddress
      stream.avail_out = UInt32(chunk.count)
      let status = CZlib.inflate(&stream, Z_NO_FLUSH)
      precondition(status != Z_MEM_ERROR, "no memory to expand")
      guard status == Z_OK || status == Z_STREAM_END else { return .malformed }
      let produced = chunk.count - Int(stream.avail_out)
      // Of what was read so far: a bomb is found before it takes the memory that it is allowed.
      let read = count - Int(stream.avail_in)
      guard produced <= bounds.bytesMax(of: read) - output.count else { return .tooLarge }
      output.append(contentsOf: chunk[..<produced])
      if status == Z_STREAM_END { return stream.avail_in == 0 ? nil : .malformed }
      // Neither octets nor room were wanting: the rest is missing.
      if stream.avail_out > 0 && stream.avail_in == 0 { return .malformed }
    }
  }
}
