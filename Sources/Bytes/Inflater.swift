import CZlib

/// Expands raw deflate messages, each whole and of bounded size. RFC 1951.
///
/// One window is reused for all messages. Belongs to one thread at a time.
package final class Inflater {
  /// What is expanded before the result takes memory.
  private static let chunkByteCount = 1 << 16

  private let dictionary: [UInt8]
  /// zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>
  private let chunk: UnsafeMutablePointer<UInt8>

  /// `dictionary` is the one that the messages were deflated with; it may be empty.
  package init(dictionary: [UInt8]) {
    precondition(dictionary.count <= Deflater.bytesMax)
    self.dictionary = dictionary
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    chunk = .allocate(capacity: Self.chunkByteCount)
    let status = inflateInit2_(
      stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "no memory to expand")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
    chunk.deallocate()
  }

  /// Expands one message with the dictionary of this inflater. Refuses what is damaged, truncated,
  /// followed by other bytes, or expands beyond `bytesMax`, and takes no memory beyond that.
  package func inflate(_ bytes: [UInt8], bytesMax: Int) throws(Malformed) -> [UInt8] {
    try inflate(bytes[...], dictionary: dictionary, bytesMax: bytesMax)
  }

  package func inflate(_ bytes: ArraySlice<UInt8>, bytesMax: Int) throws(Malformed) -> [UInt8] {
    try inflate(bytes, dictionary: dictionary, bytesMax: bytesMax)
  }

  /// The same with a dictionary that serves this message only.
  package func inflate(
    _ bytes: [UInt8], dictionary: [UInt8], bytesMax: Int
  ) throws(Malformed) -> [UInt8] {
    try inflate(bytes[...], dictionary: dictionary, bytesMax: bytesMax)
  }

  package func inflate(
    _ bytes: ArraySlice<UInt8>, dictionary: [UInt8], bytesMax: Int
  ) throws(Malformed) -> [UInt8] {
    var output: [UInt8] = []
    let rest = try expand(bytes, dictionary, bytesMax, &output)
    output.append(contentsOf: rest)
    return output
  }

  /// Lends a message, expanded with the dictionary of this inflater; a short one is not copied.
  package func withInflated<Result>(
    _ bytes: [UInt8], bytesMax: Int,
    _ body: (UnsafeBufferPointer<UInt8>) throws(Malformed) -> Result
  ) throws(Malformed) -> Result {
    var output: [UInt8] = []
    let rest = try expand(bytes[...], dictionary, bytesMax, &output)
    if output.isEmpty { return try body(rest) }
    output.append(contentsOf: rest)
    return try output.withUnsafeBufferPointer(body)
  }

  /// Answers the end of the message, which is not in `output`: it stands until the next call.
  private func expand(
    _ bytes: ArraySlice<UInt8>, _ dictionary: [UInt8], _ bytesMax: Int, _ output: inout [UInt8]
  ) throws(Malformed) -> UnsafeBufferPointer<UInt8> {
    precondition(bytesMax >= 0 && dictionary.count <= Deflater.bytesMax)
    guard bytes.count <= Deflater.bytesMax else { throw Malformed("too much deflate data", at: 0) }
    start(dictionary)
    let outcome = bytes.withUnsafeBufferPointer { input in
      // zlib reads the input through a pointer that it does not declare const.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(input.count)
      return run(into: &output, bytesMax: bytesMax)
    }
    let used = bytes.count - Int(stream.pointee.avail_in)
    stream.pointee.next_in = nil
    switch outcome {
    case .whole(let rest) where used == bytes.count:
      return UnsafeBufferPointer(start: chunk, count: rest)
    case .whole: throw Malformed("bytes after deflate data", at: used)
    case .tooLarge: throw Malformed("expands beyond \(bytesMax) bytes", at: used)
    case .truncated: throw Malformed("deflate data truncated", at: used)
    case .damaged: throw Malformed("deflate data damaged", at: used)
    }
  }

  /// Of a whole message the last `rest` octets stand in the chunk.
  private enum Outcome { case whole(rest: Int), tooLarge, truncated, damaged }

  private func start(_ dictionary: [UInt8]) {
    var status = inflateReset(stream)
    precondition(status == Z_OK)
    if !dictionary.isEmpty {
      status = inflateSetDictionary(stream, dictionary, UInt32(dictionary.count))
      precondition(status == Z_OK)
    }
  }

  private func run(into output: inout [UInt8], bytesMax: Int) -> Outcome {
    while true {
      // One byte more than allowed tells a message that ends at the bound from a longer one.
      let room = bytesMax - output.count
      let capacity = room < Self.chunkByteCount ? room + 1 : Self.chunkByteCount
      stream.pointee.next_out = chunk
      stream.pointee.avail_out = UInt32(capacity)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      precondition(status != Z_MEM_ERROR, "no memory to expand")
      let produced = capacity - Int(stream.pointee.avail_out)
      guard status == Z_OK || status == Z_STREAM_END else {
        return status == Z_BUF_ERROR ? .truncated : .damaged
      }
      guard produced <= room else { return .tooLarge }
      let needed = output.count + produced
      if output.capacity < needed, status != Z_STREAM_END || !output.isEmpty {
        output.reserveCapacity(max(needed, min(2 * output.capacity, bytesMax)))
      }
      if status == Z_STREAM_END { return .whole(rest: produced) }
      output.append(contentsOf: UnsafeBufferPointer(start: chunk, count: produced))
      if stream.pointee.avail_out > 0 { return .truncated }
    }
  }
}
