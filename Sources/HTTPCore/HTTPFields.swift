/// The fields of a message in their order, duplicates kept. Names are tokens and values hold no
/// control characters: neither can break a message apart. Names compare without case.
package struct HTTPFields: Sendable {
  /// Names and values end to end: two allocations however many lines there are.
  private var octets: [UInt8] = []
  private var lines: [Line] = []

  private struct Line: Sendable {
    var name: Range<Int>
    var value: Range<Int>
  }

  package init() {}

  package var count: Int { lines.count }
  package var isEmpty: Bool { lines.isEmpty }

  /// The value under `name`; several are joined with ", " (RFC 9110 §5.3). Octets that are not
  /// UTF-8 come repaired; `octets(of:)` has them as they are.
  /// Setting replaces every line of that name, nil removes them.
  package subscript(name: String) -> String? {
    get { octets(of: name).map { String(decoding: $0, as: UTF8.self) } }
    set {
      remove(name)
      if let newValue { append(name, newValue) }
    }
  }

  /// As the subscript, in octets.
  package func octets(of name: String) -> [UInt8]? {
    var joined: [UInt8] = []
    return write(name, to: &joined) ? joined : nil
  }

  /// Writes what `octets(of:)` gives; false without a line of that name.
  func write(_ name: String, to output: inout [UInt8]) -> Bool {
    octets.withUnsafeBufferPointer { octets in
      var isFirst = true
      for line in lines where isNamed(line, name) {
        if !isFirst {
          output.append(.comma)
          output.append(.space)
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: octets[line.value]))
        isFirst = false
      }
      return !isFirst
    }
  }

  /// Calls the body with what `octets(of:)` gives, without copying it where it is one line; nil
  /// without a line of that name.
  func withOctets<T>(of name: String, _ body: (UnsafeBufferPointer<UInt8>) -> T) -> T? {
    guard let place = lines.firstIndex(where: { isNamed($0, name) }) else { return nil }
    if lines[(place + 1)...].contains(where: { isNamed($0, name) }) {
      return octets(of: name)?.withUnsafeBufferPointer(body)
    }
    let value = lines[place].value
    return octets.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[value])) }
  }

  /// Every value under `name`, one a line.
  package func values(of name: String) -> [String] {
    slices(of: name).map { String(decoding: $0, as: UTF8.self) }
  }

  package func contains(_ name: String) -> Bool { lines.contains { isNamed($0, name) } }

  package func count(of name: String) -> Int {
    lines.reduce(0) { isNamed($1, name) ? $0 + 1 : $0 }
  }

  /// Adds a line. `name` must be a token: names are ours. A control character in `value` becomes
  /// SP (RFC 9110 §5.5), so a value from outside cannot forge a field.
  package mutating func append(_ name: String, _ value: String) {
    append(name) { $0.append(value) }
  }

  /// As above; `write` appends the value.
  mutating func append(_ name: String, writing write: (inout [UInt8]) -> Void) {
    reserve()
    let nameStart = octets.count
    octets.append(name)
    let valueStart = octets.count
    precondition(
      valueStart > nameStart && OctetSet.token.containsAll(of: octets[nameStart...]),
      "a field name is a token")
    write(&octets)
    let allowed = OctetSet.fieldLine
    for place in valueStart..<octets.count where !allowed.contains(octets[place]) {
      octets[place] = .space
    }
    let kept = octets[valueStart...].trimmingBlanks
    lines.append(Line(name: nameStart..<valueStart, value: kept.startIndex..<kept.endIndex))
  }

  package mutating func remove(_ name: String) {
    // The octets stay until the message goes: no line points at them.
    if contains(name) { lines = lines.filter { !isNamed($0, name) } }
  }

  /// Room for the lines of most messages at once.
  private mutating func reserve() {
    guard lines.isEmpty else { return }
    octets.reserveCapacity(480)
    lines.reserveCapacity(6)
  }

  func slices(of name: String) -> [ArraySlice<UInt8>] {
    lines.compactMap { isNamed($0, name) ? octets[$0.value] : nil }
  }

  private func isNamed(_ line: Line, _ name: String) -> Bool {
    guard line.name.count == name.utf8.count else { return false }
    return octets.withUnsafeBufferPointer { octets in
      name.withOctets { name in
        name.indices.allSatisfy {
          octets[line.name.lowerBound + $0].lowercased == name[$0].lowercased
        }
      }
    }
  }
}

extension HTTPFields: Equatable {
  /// Equal lines in equal order, names without case.
  package static func == (left: HTTPFields, right: HTTPFields) -> Bool {
    left.lines.count == right.lines.count
      && zip(left.lines, right.lines).allSatisfy { a, b in
        left.octets[a.value] == right.octets[b.value]
          && left.octets[a.name].elementsEqual(right.octets[b.name]) {
            $0.lowercased == $1.lowercased
          }
      }
  }
}

extension HTTPFields: Sequence {
  /// Each line's name and value, in order.
  package func makeIterator() -> AnyIterator<(name: String, value: String)> {
    var rest = lines[...]
    return AnyIterator {
      guard let line = rest.popFirst() else { return nil }
      return (
        String(decoding: octets[line.name], as: UTF8.self),
        String(decoding: octets[line.value], as: UTF8.self)
      )
    }
  }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }
}

extension HTTPFields {
  /// Takes a field line as it stood on the wire, without CRLF. RFC 9112 §5: no space before the
  /// colon, no folding.
  mutating func append(line: ArraySlice<UInt8>) throws(HTTPFault) {
    guard let first = line.first, !first.isBlank else {
      throw .badRequest("a field line begins with whitespace")
    }
    guard let colon = line.firstIndex(of: .colon) else {
      throw .badRequest("a field line has no colon")
    }
    guard colon > line.startIndex, OctetSet.token.containsAll(of: line[..<colon]) else {
      throw .badRequest("a field name is not a token")
    }
    let value = line[(colon + 1)...].trimmingBlanks
    guard OctetSet.fieldLine.containsAll(of: value) else {
      throw .badRequest("a field value holds a control character")
    }
    reserve()
    let shift = octets.count - line.startIndex
    octets.append(contentsOf: line)
    lines.append(
      Line(
        name: (line.startIndex + shift)..<(colon + shift),
        value: (value.startIndex + shift)..<(value.endIndex + shift)))
  }

  /// Puts one line in the place of all of that name.
  mutating func set(_ name: String, writing write: (inout [UInt8]) -> Void) {
    remove(name)
    append(name, writing: write)
  }

  /// The value of the first line under `name`.
  func first(_ name: String) -> ArraySlice<UInt8>? {
    lines.first { isNamed($0, name) }.map { octets[$0.value] }
  }

  /// Writes every line but those named in `skipping`.
  func write(to output: inout [UInt8], skipping: [String]) {
    octets.withUnsafeBufferPointer { octets in
      for line in lines where !skipping.contains(where: { isNamed(line, $0) }) {
        output.append(contentsOf: UnsafeBufferPointer(rebasing: octets[line.name]))
        output.append(.colon)
        output.append(.space)
        output.append(contentsOf: UnsafeBufferPointer(rebasing: octets[line.value]))
        output.append(.carriageReturn)
        output.append(.lineFeed)
      }
    }
  }

  /// Whether the comma-separated list under `name` has `member` (lower case).
  package func list(_ name: String, has member: StaticString) -> Bool {
    slices(of: name).contains { value in
      value.split(separator: .comma).contains { equalsIgnoringCase($0.trimmingBlanks, member) }
    }
  }
}
