/// Folds octets for a compressor: words that have codes become one or two octets, and what
/// repeats in records (stamps, hexadecimal digits) becomes shorter. Loses nothing, whatever the
/// octets are; they become at most twice as many, and two. `WordExpander` expands them.
///
/// The longest word is taken where several fit.
// Its memory is never written to once it is made.
package final class WordFolder: @unchecked Sendable {
  private let codes: WordCodes
  /// By code point: the number of the word that is that character, plus one; 0 where none is.
  private let characters: UnsafeMutablePointer<UInt16>
  /// By hash of their first six octets: the longest such word, plus one.
  private let heads: UnsafeMutablePointer<UInt16>
  /// By first octet: the longest word that begins with this octet of ASCII, plus one.
  private let plainHeads: UnsafeMutablePointer<UInt16>
  /// The next word with the same head, which is not longer, plus one.
  private let next: UnsafeMutablePointer<UInt16>

  private static let hashBits: UInt64 = 14
  /// Fewer hexadecimal digits are left as they are.
  private static let digitsMin = 8

  package init(_ codes: WordCodes) {
    self.codes = codes
    characters = Self.zeros(1 << 16)
    heads = Self.zeros(1 << Int(Self.hashBits))
    plainHeads = Self.zeros(128)
    next = Self.zeros(codes.listed)
    for number in 0..<codes.listed {
      let place = codes.places[number]
      let head = FoldHead(codes.octets + Int(place >> 8), Int(place & 0xff))
      if head.first < 0x80 {
        insert(number, plainHeads + Int(head.first))
      } else if let (point, width) = head.character, width == head.count {
        characters[point] = UInt16(truncatingIfNeeded: number &+ 1)
      } else {
        precondition(head.count >= 6, "a word between a character and six octets")
        insert(number, heads + Self.hash(head.octets))
      }
    }
    codes.forEachUnlisted { number, point in
      characters[point] = UInt16(truncatingIfNeeded: number &+ 1)
    }
  }

  deinit {
    for table in [characters, heads, plainHeads, next] { table.deallocate() }
  }

  private static func zeros(_ count: Int) -> UnsafeMutablePointer<UInt16> {
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
    table.initialize(repeating: 0, count: count)
    return table
  }

  /// Behind all that are as long or longer.
  private func insert(_ number: Int, _ head: UnsafeMutablePointer<UInt16>) {
    let count = codes.places[number] & 0xff
    var link = head
    while link.pointee != 0, codes.places[Int(link.pointee) - 1] & 0xff >= count {
      link = next + (Int(link.pointee) - 1)
    }
    (next[number], link.pointee) = (link.pointee, UInt16(number + 1))
  }

  package func fold(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 2 * bytes.count + 2) { output, count in
      bytes.withUnsafeBytes { input in
        guard let source = input.baseAddress, let target = output.baseAddress else { return }
        count = fold(source, input.count, UnsafeMutableRawPointer(target))
      }
    }
  }

  private func fold(
    _ source: UnsafeRawPointer, _ end: Int, _ target: UnsafeMutableRawPointer
  ) -> Int {
    var output = FoldOutput(target)
    var at = 0
    while at < end {
      let head = FoldHead(source + at, end &- at)
      if let (number, count) = word(head, source + at) {
        output.put(word: number)
        at &+= count
      } else if head.first >= 0x80, let (point, width) = head.character {
        output.put(FoldControl.wide)
        output.put(UInt8(truncatingIfNeeded: point &>> 8))
        output.put(UInt8(truncatingIfNeeded: point))
        at &+= width
      } else if head.first == 0x1b {
        let count = Self.stampCount(source, at, end)
        if count == 0 { output.put(head.first) } else { output.put(stamp: source + at, count) }
        at &+= max(1, count)
      } else if FoldControl.isPlain(head.first) {
        let digits = Self.digitsCount(source + at, end &- at)
        if digits < Self.digitsMin {
          output.put(head.first)
          at &+= 1
        } else {
          output.put(hex: source + at, digits)
          at &+= digits
        }
      } else {
        let count = Self.rawCount(source + at, end &- at)
        output.put(raw: source + at, count)
        at &+= count
      }
    }
    return output.count
  }

  /// The longest word that the octets begin with, and how many it has.
  @inline(__always)
  private func word(
    _ head: FoldHead, _ source: UnsafeRawPointer
  ) -> (number: Int, count: Int)? {
    let isPlain = head.first < 0x80
    var candidate = isPlain ? plainHeads[Int(head.first)] : heads[Self.hash(head.octets)]
    while candidate != 0 {
      let number = Int(candidate) &- 1
      let place = codes.places[number]
      let count = Int(place & 0xff)
      let octets = codes.octets + Int(place &>> 8)
      if count <= head.count, head.begins(octets, count),
        count <= 8 || Self.isEqual(source + 8, octets + 8, count &- 8)
      {
        return (number, count)
      }
      candidate = next[number]
    }
    guard !isPlain, let (point, width) = head.character else { return nil }
    let number = characters[point]
    return number == 0 ? nil : (Int(number) &- 1, width)
  }

  @inline(__always)
  private static func isEqual(
    _ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int
  ) -> Bool {
    for place in 0..<count
    where one.load(fromByteOffset: place, as: UInt8.self)
      != other.load(fromByteOffset: place, as: UInt8.self)
    {
      return false
    }
    return true
  }

  /// Of the first six octets.
  @inline(__always)
  private static func hash(_ octets: UInt64) -> Int {
    Int(((octets &<< 16) &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- hashBits))
  }

  /// How many octets the stamp has that begins at `at`, 0 where none does: a time of eight octets
  /// and an author, behind the head of an array or a small number. Any other time is left as it is.
  private static func stampCount(_ source: UnsafeRawPointer, _ at: Int, _ end: Int) -> Int {
    guard at > 0, end - at >= 10 else { return 0 }
    let before = source.load(fromByteOffset: at - 1, as: UInt8.self)
    let head = source.load(fromByteOffset: at + 9, as: UInt8.self)
    guard before < 0x18 || (0x81..<0xa0) ~= before, (0x61...0x77) ~= head else { return 0 }
    let count = 10 + Int(head - 0x60)
    return count <= end - at ? count : 0
  }

  /// How many hexadecimal digits, an even number, can be put into octets here.
  @inline(__always)
  private static func digitsCount(_ source: UnsafeRawPointer, _ count: Int) -> Int {
    var digits = 0
    while digits < min(count, 2 * 255),
      FoldOutput.value(source.load(fromByteOffset: digits, as: UInt8.self)) != nil
    { digits &+= 1 }
    return digits & ~1
  }

  /// How many octets are put as they are, of which the first must be: up to a character, or to
  /// three octets that stand for themselves.
  private static func rawCount(_ source: UnsafeRawPointer, _ count: Int) -> Int {
    var plain = 0
    var at = 1
    while at < min(count, 255), plain < 3 {
      let head = FoldHead(source + at, count - at)
      if head.first >= 0x80, head.character != nil { break }
      plain = FoldControl.isPlain(head.first) ? plain + 1 : 0
      at += 1
    }
    return at - plain
  }
}

/// The next octets to fold: up to eight of them in one number, the first lowest.
private struct FoldHead {
  let octets: UInt64
  /// How many there are from here to the end.
  let count: Int

  @inline(__always)
  init(_ source: UnsafeRawPointer, _ count: Int) {
    self.count = count
    if count >= 8 {
      octets = UInt64(littleEndian: source.loadUnaligned(as: UInt64.self))
    } else {
      var octets: UInt64 = 0
      for place in 0..<count {
        let octet = UInt64(source.load(fromByteOffset: place, as: UInt8.self))
        octets |= octet &<< (8 &* UInt64(place))
      }
      self.octets = octets
    }
  }

  var first: UInt8 { UInt8(truncatingIfNeeded: octets) }

  /// Whether these are the first octets, at most eight, of a word of `count`.
  @inline(__always)
  func begins(_ word: UnsafeRawPointer, _ count: Int) -> Bool {
    let other = UInt64(littleEndian: word.loadUnaligned(as: UInt64.self))
    let unused = count >= 8 ? 0 : UInt64(64 &- 8 &* count)
    return (octets ^ other) &<< unused == 0
  }

  /// The character of two or three octets of UTF-8 that stands here. Octets behind the end are 0.
  @inline(__always)
  var character: (point: Int, width: Int)? {
    let bits = Int(truncatingIfNeeded: octets & 0xff_ffff)
    if bits & 0xc0c0f0 == 0x8080e0 {
      let point = (bits & 0xf) &<< 12 | (bits &>> 2) & 0xfc0 | (bits &>> 16) & 0x3f
      return point < 0x800 || (0xd800..<0xe000) ~= point ? nil : (point, 3)
    }
    guard bits & 0xc0e0 == 0x80c0, bits & 0xff >= 0xc2 else { return nil }
    return ((bits & 0x1f) &<< 6 | (bits &>> 8) & 0x3f, 2)
  }
}
