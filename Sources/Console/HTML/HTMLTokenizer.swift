/// A piece of HTML. Comments, declarations and what stands in no finished tag are no pieces.
enum HTMLToken {
  case text(Range<Int>)
  case start(name: String, attributes: [HTMLAttribute])
  case end(name: String)
}

/// An attribute as it was written: the value is raw, its references are not read.
struct HTMLAttribute {
  let name: String
  let value: Range<Int>
}

/// The tokenizer of the HTML standard (§13.2.5) as far as content of a body needs it: the data
/// state, tags, and everything that is a comment, a bogus one too. Reads each octet once.
struct HTMLTokenizer {
  let octets: [UInt8]
  private(set) var place = 0

  init(_ octets: [UInt8]) { self.octets = octets }

  mutating func next() -> HTMLToken? {
    while place < octets.count {
      let start = place
      if octets[place] != UInt8(ascii: "<") {
        place = octets[place...].firstIndex(of: UInt8(ascii: "<")) ?? octets.count
        return .text(start..<place)
      }
      switch octet(1) {
      case let first? where isLetter(first):
        place += 1
        if let token = tag(isEnd: false) { return token }
      case UInt8(ascii: "/"):
        guard let first = octet(2) else {
          place = octets.count
          return .text(start..<place)
        }
        place += 2
        if isLetter(first) {
          if let token = tag(isEnd: true) { return token }
        } else if first == UInt8(ascii: ">") {
          place += 1
        } else {
          skip(past: [UInt8(ascii: ">")])
        }
      case UInt8(ascii: "!"):
        place += 2
        if octets[place...].starts(with: "--".utf8) {
          place += 2
          skipComment()
        } else {
          skip(past: [UInt8(ascii: ">")])
        }
      case UInt8(ascii: "?"):
        place += 2
        skip(past: [UInt8(ascii: ">")])
      default:
        // A lone `<` is text.
        place += 1
        return .text(start..<place)
      }
    }
    return nil
  }

  /// Skips to behind the end tag of an element whose content is no HTML.
  mutating func skipRawText(of name: String) {
    let wanted = Array("</\(name)".utf8)
    while place < octets.count {
      guard let start = octets[place...].firstIndex(of: UInt8(ascii: "<")) else { break }
      place = start + 1
      let end = start + wanted.count
      guard end <= octets.count else { break }
      guard octets[start..<end].elementsEqual(wanted, by: { lowered($0) == $1 }),
        end == octets.count || isTagEnd(octets[end])
      else { continue }
      place = end
      _ = attributes()
      return
    }
    place = octets.count
  }

  // MARK: tags

  private mutating func tag(isEnd: Bool) -> HTMLToken? {
    let start = place
    while place < octets.count, !isTagEnd(octets[place]) { place += 1 }
    let name = word(start..<place)
    // A tag that the text ends in is none.
    guard let attributes = attributes() else { return nil }
    return isEnd ? .end(name: name) : .start(name: name, attributes: attributes)
  }

  /// Nil where the text ends first.
  private mutating func attributes() -> [HTMLAttribute]? {
    var found: [HTMLAttribute] = []
    while place < octets.count {
      let octet = octets[place]
      if isSpace(octet) || octet == UInt8(ascii: "/") {
        place += 1
      } else if octet == UInt8(ascii: ">") {
        place += 1
        return found
      } else {
        let start = place
        // A `=` that stands first is part of the name.
        place += 1
        while place < octets.count, !isTagEnd(octets[place]), octets[place] != UInt8(ascii: "=") {
          place += 1
        }
        let name = word(start..<place)
        skipSpace()
        var value = place..<place
        if place < octets.count, octets[place] == UInt8(ascii: "=") {
          place += 1
          guard let read = attributeValue() else { return nil }
          value = read
        }
        if !name.isEmpty { found.append(HTMLAttribute(name: name, value: value)) }
      }
    }
    return nil
  }

  private mutating func attributeValue() -> Range<Int>? {
    skipSpace()
    guard place < octets.count else { return nil }
    let quote = octets[place]
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let start = place + 1
      guard let end = octets[start...].firstIndex(of: quote) else {
        place = octets.count
        return nil
      }
      place = end + 1
      return start..<end
    }
    let start = place
    while place < octets.count, !isSpace(octets[place]), octets[place] != UInt8(ascii: ">") {
      place += 1
    }
    return start..<place
  }

  // MARK: what is skipped

  /// From behind `<!--`: ends at `-->`, `--!>`, and at once in `<!-->` and `<!--->`.
  private mutating func skipComment() {
    if octets[place...].starts(with: ">".utf8) { return place += 1 }
    if octets[place...].starts(with: "->".utf8) { return place += 2 }
    while let dash = octets[place...].firstIndex(of: UInt8(ascii: "-")) {
      place = dash + 1
      if octets[place...].starts(with: "->".utf8) { return place += 2 }
      if octets[place...].starts(with: "-!>".utf8) { return place += 3 }
    }
    place = octets.count
  }

  private mutating func skip(past wanted: [UInt8]) {
    place = octets[min(place, octets.count)...].firstIndex(of: wanted[0]).map { $0 + 1 }
      ?? octets.count
  }

  private mutating func skipSpace() {
    while place < octets.count, isSpace(octets[place]) { place += 1 }
  }

  // MARK: octets

  private func octet(_ ahead: Int) -> UInt8? {
    place + ahead < octets.count ? octets[place + ahead] : nil
  }

  /// A name in lower case; empty where it is longer than any that is known.
  private func word(_ range: Range<Int>) -> String {
    range.count > HTMLTokenizer.nameOctetsMax
      ? "" : String(decoding: octets[range].map(lowered), as: UTF8.self)
  }

  private static let nameOctetsMax = 32

  private func isTagEnd(_ octet: UInt8) -> Bool {
    isSpace(octet) || octet == UInt8(ascii: "/") || octet == UInt8(ascii: ">")
  }

  private func isSpace(_ octet: UInt8) -> Bool {
    octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0C || octet == 0x0D
  }

  private func isLetter(_ octet: UInt8) -> Bool { (0x61...0x7A).contains(lowered(octet)) }

  private func lowered(_ octet: UInt8) -> UInt8 {
    (0x41...0x5A).contains(octet) ? octet | 0x20 : octet
  }
}
