/// Expands what `WordFolder` has folded, each message whole and of bounded size.
///
/// One room is reused for all messages. Belongs to one thread at a time.
package final class WordExpander {
  private let codes: WordCodes
  private var room: UnsafeMutableRawPointer
  private var capacity = WordExpander.roomByteCount

  /// What is kept between messages.
  private static let roomByteCount = 1 << 16
  /// No code stands for more octets.
  private static let codeBytesMax = 512

  package init(_ codes: WordCodes) {
    self.codes = codes
    room = .allocate(byteCount: Self.roomByteCount, alignment: 16)
  }

  deinit { room.deallocate() }

  /// Refuses what is malformed or expands beyond `bytesMax`, and takes no memory beyond that.
  package func expand(
    _ folded: UnsafeBufferPointer<UInt8>, bytesMax: Int
  ) throws(Malformed) -> [UInt8] {
    precondition(bytesMax >= 0)
    var run = Run(at: 0, written: 0, stamp: 0, stampCount: 0)
    defer { shrink() }
    while true {
      let limit = capacity - Self.codeBytesMax
      let isSound = run.advance(UnsafeRawBufferPointer(folded), codes, room, limit)
      guard isSound else { throw Malformed("not a folded message", at: run.at) }
      guard run.written <= bytesMax else {
        throw Malformed("expands beyond \(bytesMax) bytes", at: run.at)
      }
      if run.at == folded.count { break }
      grow(to: min(2 * capacity, bytesMax + 2 * Self.codeBytesMax), keeping: run.written)
    }
    return [UInt8](UnsafeRawBufferPointer(start: room, count: run.written))
  }

  private func grow(to count: Int, keeping written: Int) {
    precondition(count > capacity)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    larger.copyMemory(from: room, byteCount: written)
    room.deallocate()
    (room, capacity) = (larger, count)
  }

  private func shrink() {
    guard capacity > Self.roomByteCount else { return }
    room.deallocate()
    room = .allocate(byteCount: Self.roomByteCount, alignment: 16)
    capacity = Self.roomByteCount
  }
}

/// How far a message is expanded.
private struct Run {
  var at: Int
  var written: Int
  /// Where the stamp that is remembered stands in what was written; none while it has no octets.
  var stamp: Int
  var stampCount: Int

  /// Goes on to the end of the message, or until less than the largest code's room is left. False
  /// where the message is malformed, at `at`.
  mutating func advance(
    _ folded: UnsafeRawBufferPointer, _ codes: WordCodes, _ room: UnsafeMutableRawPointer,
    _ limit: Int
  ) -> Bool {
    guard let source = folded.baseAddress else { return true }
    let (words, coded) = (codes.octets, codes.coded)
    let end = folded.count
    var at = self.at
    var written = self.written
    defer { (self.at, self.written) = (at, written) }
    while at < end, written <= limit {
      if end &- at >= 8 {
        let word = source.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        if word & Self.highBits == 0, Self.isPlain(word) {
          room.storeBytes(of: word, toByteOffset: written, as: UInt64.self)
          at &+= 8
          written &+= 8
          continue
        }
      }
      // Computed, not branched: which codes have two octets cannot be foreseen.
      let first = Int(source.load(fromByteOffset: at, as: UInt8.self))
      let isLong = (first &+ (0x100 &- Int(WordCodes.firstLead))) &>> 8
      guard at &+ isLong < end else { return false }
      let trail = Int(source.load(fromByteOffset: at &+ isLong, as: UInt8.self))
      let row = (first &- Int(WordCodes.firstLead) &+ 1) &<< 8
      let place = coded[first &+ ((0 &- isLong) & (row &+ trail &- first))]
      let count = Int(place & 0xff)
      if count == 0 {
        let taken = expandControl(UInt8(first), source + at, end &- at, room, &written)
        if taken == 0 { return false }
        at &+= taken
        continue
      }
      Self.copy(words + Int(place &>> 8), to: room + written, count)
      at &+= 1 &+ isLong
      written &+= count
    }
    return true
  }

  /// Copies 16 octets at a time: both sides have spare room behind.
  @inline(__always)
  private static func copy(
    _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int
  ) {
    target.storeBytes(
      of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
    if count > 16 { target.copyMemory(from: source, byteCount: count) }
  }

  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether eight octets of ASCII all stand for themselves.
  private static func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // An octet of these is zero where one of `word` is a control.
    let controls = (word & (0xfc &* ones)) ^ (0x1c &* ones)
    let raws = word ^ (0x7f &* ones)
    return ((controls &- ones) & ~controls | (raws &- ones) & ~raws) & highBits == 0
  }

  /// Answers how many octets of the message were taken, 0 where it is malformed.
  private mutating func expandControl(
    _ control: UInt8, _ source: UnsafeRawPointer, _ count: Int, _ room: UnsafeMutableRawPointer,
    _ written: inout Int
  ) -> Int {
    let target = room + written
    func octet(_ place: Int) -> UInt8 { source.load(fromByteOffset: place, as: UInt8.self) }
    switch control {
    case FoldControl.wide:
      guard count >= 3 else { return 0 }
      let point = Int(octet(1)) << 8 | Int(octet(2))
      guard point >= 0x80, !(0xd800..<0xe000 ~= point) else { return 0 }
      var width = 0
      func put(_ octet: Int) {
        target.storeBytes(of: UInt8(octet), toByteOffset: width, as: UInt8.self)
        width += 1
      }
      if point < 0x800 {
        put(0xc0 | point >> 6)
      } else {
        put(0xe0 | point >> 12)
        put(0x80 | point >> 6 & 0x3f)
      }
      put(0x80 | point & 0x3f)
      written += width
      return 3
    case FoldControl.stamp:
      guard count >= 10, (0x61...0x77) ~= octet(9), count >= 10 + Int(octet(9) - 0x60)
      else { return 0 }
      let taken = 10 + Int(octet(9) - 0x60)
      target.storeBytes(of: 0x1b, as: UInt8.self)
      (target + 1).copyMemory(from: source + 1, byteCount: taken - 1)
      (stamp, stampCount) = (written, taken)
      written += taken
      return taken
    case FoldControl.same:
      guard stampCount > 0 else { return 0 }
      target.copyMemory(from: room + stamp, byteCount: stampCount)
      written += stampCount
      return 1
    case FoldControl.hex:
      guard count >= 2, octet(1) > 0, count >= 2 + Int(octet(1)) else { return 0 }
      for place in 0..<Int(octet(1)) {
        let pair = octet(2 + place)
        target.storeBytes(
          of: Self.digit(pair >> 4), toByteOffset: 2 * place, as: UInt8.self)
        target.storeBytes(
          of: Self.digit(pair & 0xf), toByteOffset: 2 * place + 1, as: UInt8.self)
      }
      written += 2 * Int(octet(1))
      return 2 + Int(octet(1))
    default:
      guard count >= 2, octet(1) > 0, count >= 2 + Int(octet(1)) else { return 0 }
      target.copyMemory(from: source + 2, byteCount: Int(octet(1)))
      written += Int(octet(1))
      return 2 + Int(octet(1))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }
}
