/// Numbers for frequent words, the most frequent first; behind the listed ones, the ideographs of
/// U+4E00–9FFF that are not listed, by code point, as far as codes reach.
// Its memory is never written to once it is made.
package final class WordCodes: @unchecked Sendable {
  /// Words 0 to 47 have codes of one octet, 80 to AF. The others have two: a lead of B0 to FF for
  /// each 256 of them, and a trail of 60 + place among these, modulo 100.
  package static let shortCount = 48
  package static let count = shortCount + 80 * 256
  static let firstShort: UInt8 = 0x80
  static let firstLead: UInt8 = 0xb0
  static let firstTrail: UInt8 = 0x60
  /// A word has at most so many octets.
  static let wordBytesMax = 255

  private static let ideographs = 0x4e00..<0xa000
  private static let spareByteCount = 256
  private static let separator: UInt8 = 0x7c

  /// The octets of the words, the plain ones, then spare ones, so that whole vectors can be read.
  let octets: UnsafeRawPointer
  /// How many words the list has.
  let listed: Int
  /// Where each of these stands in `octets`, times 256, and how many octets it has: by number.
  let places: UnsafePointer<UInt32>
  /// The same by code: for one octet (0 where it is a control or a lead), then for each lead and
  /// trail.
  let coded: UnsafePointer<UInt32>

  /// `list` has the words with `|` between; none twice.
  package init(_ list: StaticString) {
    let size = list.utf8CodeUnitCount
    let capacity = size + 3 * Self.count + 128 + Self.spareByteCount
    let octets = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    let places = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.count)
    let coded = UnsafeMutablePointer<UInt32>.allocate(capacity: 256 + 80 * 256)
    let known = UnsafeMutablePointer<Bool>.allocate(capacity: Self.ideographs.count)
    octets.initialize(from: list.utf8Start, count: size)
    octets[size] = Self.separator
    coded.initialize(repeating: 0, count: 256)
    known.initialize(repeating: false, count: Self.ideographs.count)
    // Loops of unchecked steps: a short command waits for them.
    var number = 0
    var start = 0
    while start < size {
      var end = start &+ 1
      while octets[end] != Self.separator { end &+= 1 }
      precondition(end &- start <= Self.wordBytesMax && number < Self.count)
      places[number] = UInt32(truncatingIfNeeded: start &<< 8 | (end &- start))
      coded[Self.place(of: number)] = places[number]
      if end &- start == 3, octets[start] & 0xf0 == 0xe0 {
        let point = Self.ideograph(octets + start) &- Self.ideographs.lowerBound
        if point >= 0, point < Self.ideographs.count { known[point] = true }
      }
      number &+= 1
      start = end &+ 1
    }
    listed = number
    var at = size
    var point = Self.ideographs.lowerBound
    while number < Self.count, point < Self.ideographs.upperBound {
      if !known[point &- Self.ideographs.lowerBound] {
        coded[Self.place(of: number)] = UInt32(truncatingIfNeeded: at &<< 8 | 3)
        octets[at] = UInt8(truncatingIfNeeded: 0xe0 | point &>> 12)
        octets[at &+ 1] = UInt8(truncatingIfNeeded: 0x80 | point &>> 6 & 0x3f)
        octets[at &+ 2] = UInt8(truncatingIfNeeded: 0x80 | point & 0x3f)
        number &+= 1
        at &+= 3
      }
      point &+= 1
    }
    known.deallocate()
    precondition(number == Self.count, "a list leaves too few ideographs")
    for octet in 0..<0x80 {
      octets[at + octet] = UInt8(octet)
      if FoldControl.isPlain(UInt8(octet)) { coded[octet] = UInt32((at + octet) << 8 | 1) }
    }
    (octets + at + 128).initialize(repeating: 0, count: Self.spareByteCount)
    self.octets = UnsafeRawPointer(octets)
    self.places = UnsafePointer(places)
    self.coded = UnsafePointer(coded)
  }

  deinit {
    octets.deallocate()
    places.deallocate()
    coded.deallocate()
  }

  /// Where a word stands in `coded`.
  private static func place(of number: Int) -> Int {
    if number < shortCount { return Int(firstShort) &+ number }
    let place = number &- shortCount
    return 256 &+ (place & ~0xff) &+ ((place &+ Int(firstTrail)) & 0xff)
  }

  /// The code point of three octets of UTF-8.
  static func ideograph(_ octets: UnsafePointer<UInt8>) -> Int {
    Int(octets[0] & 0xf) &<< 12 | Int(octets[1] & 0x3f) &<< 6 | Int(octets[2] & 0x3f)
  }

  /// The unlisted words, which are ideographs: numbers and code points.
  func forEachUnlisted(_ body: (Int, Int) -> Void) {
    for number in listed..<Self.count {
      let place = Int(coded[Self.place(of: number)] &>> 8)
      body(number, Self.ideograph((octets + place).assumingMemoryBound(to: UInt8.self)))
    }
  }

  /// The words that the list has.
  package var list: [[UInt8]] { (0..<listed).map { self[$0] } }

  /// The octets of a word.
  package subscript(number: Int) -> [UInt8] {
    precondition(0..<Self.count ~= number)
    let place = coded[Self.place(of: number)]
    return [UInt8](
      UnsafeRawBufferPointer(start: octets + Int(place >> 8), count: Int(place & 0xff)))
  }
}

/// The octets of a folded message that are neither plain nor begin a word's code.
enum FoldControl {
  /// `1C`, code point in two octets: one character of two or three octets of UTF-8.
  static let wide: UInt8 = 0x1c
  /// `1D`, what follows the head `1B`: a stamp, remembered.
  static let stamp: UInt8 = 0x1d
  /// `1E`: the stamp that is remembered.
  static let same: UInt8 = 0x1e
  /// `1F`, count, so many octets: each is two lower-case hexadecimal digits.
  static let hex: UInt8 = 0x1f
  /// `7F`, count, so many octets: these.
  static let raw: UInt8 = 0x7f

  /// Whether the octet, of ASCII, stands for itself.
  static func isPlain(_ octet: UInt8) -> Bool {
    octet < 0x7f && octet & 0xfc != 0x1c
  }
}
