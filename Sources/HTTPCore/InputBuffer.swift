/// Octets that arrived and are not yet understood, read as lines or as counted data. A line is
/// checked as it arrives, so what cannot become valid is refused before its end.
struct InputBuffer: Sendable {
  private var octets: [UInt8] = []
  private var start = 0
  /// Octets before this index are known to be fit for the present line.
  private var scanned = 0

  var count: Int { octets.count - start }
  var isEmpty: Bool { start == octets.count }

  mutating func append(_ new: UnsafeRawBufferPointer) {
    if start == octets.count {
      // An idle connection keeps no memory.
      octets.removeAll(keepingCapacity: false)
      scanned = 0
      start = 0
    } else if start > 65_536 {
      octets.removeFirst(start)
      scanned -= start
      start = 0
    }
    octets.append(contentsOf: new)
  }

  enum Line {
    case partial
    case whole(ArraySlice<UInt8>)
    /// A bare CR, a bare LF, or an octet outside the allowed set.
    case malformed
    case tooLong
  }

  /// Takes the next line that ends in CRLF, without it. RFC 9112 §2.2; neither a bare LF nor a
  /// bare CR ends a line here.
  mutating func line(bytesMax: Int, allowing allowed: OctetSet) -> Line {
    var index = scanned
    let limit = start + bytesMax
    defer { scanned = index }
    while index < octets.count {
      index = skip(from: index, to: min(limit, octets.count), allowed)
      if index == octets.count { break }
      let octet = octets[index]
      let followsReturn = index > start && octets[index - 1] == .carriageReturn
      if octet == .lineFeed {
        guard followsReturn else { return .malformed }
        let line = octets[start..<(index - 1)]
        index += 1
        start = index
        return .whole(line)
      }
      if followsReturn { return .malformed }
      if octet != .carriageReturn {
        if index >= limit { return .tooLong }
        if !allowed.contains(octet) { return .malformed }
      }
      index += 1
    }
    return .partial
  }

  /// Past the octets that are fit for a line; behind a CR nothing is.
  private func skip(from first: Int, to end: Int, _ allowed: OctetSet) -> Int {
    if first > start && octets[first - 1] == .carriageReturn { return first }
    return octets.withUnsafeBufferPointer { octets in
      var index = first
      while index < end, allowed.contains(octets[index]) { index += 1 }
      return index
    }
  }

  /// Moves at most `count` octets behind `body`; says how many.
  mutating func move(_ count: Int, to body: inout [UInt8]) -> Int {
    let taken = min(count, self.count)
    body.append(contentsOf: octets[start..<(start + taken)])
    start += taken
    scanned = start
    return taken
  }

  /// Takes the next octet.
  mutating func popFirst() -> UInt8? {
    guard start < octets.count else { return nil }
    defer {
      start += 1
      scanned = start
    }
    return octets[start]
  }

  mutating func removeAll() {
    octets.removeAll(keepingCapacity: false)
    start = 0
    scanned = 0
  }
}
