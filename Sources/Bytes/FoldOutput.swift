/// Where folded octets are written, one behind another. Whoever makes one has room enough.
struct FoldOutput {
  private let target: UnsafeMutableRawPointer
  private(set) var count = 0
  /// The stamp that is remembered.
  private var stamp: UnsafeRawBufferPointer?

  init(_ target: UnsafeMutableRawPointer) {
    self.target = target
  }

  @inline(__always)
  mutating func put(_ octet: UInt8) {
    target.storeBytes(of: octet, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  mutating func put(word number: Int) {
    if number < WordCodes.shortCount {
      put(WordCodes.firstShort &+ UInt8(truncatingIfNeeded: number))
    } else {
      let place = number &- WordCodes.shortCount
      put(WordCodes.firstLead &+ UInt8(truncatingIfNeeded: place &>> 8))
      put(WordCodes.firstTrail &+ UInt8(truncatingIfNeeded: place))
    }
  }

  /// The octets of a stamp, its head `1B` among them; they outlive this.
  mutating func put(stamp source: UnsafeRawPointer, _ length: Int) {
    let present = UnsafeRawBufferPointer(start: source, count: length)
    if let stamp, stamp.elementsEqual(present) {
      put(FoldControl.same)
    } else {
      put(FoldControl.stamp)
      append(source + 1, length - 1)
      stamp = present
    }
  }

  mutating func put(hex source: UnsafeRawPointer, _ digits: Int) {
    put(FoldControl.hex)
    put(UInt8(digits / 2))
    func value(_ place: Int) -> UInt8 {
      Self.value(source.load(fromByteOffset: place, as: UInt8.self)) ?? 0
    }
    for place in stride(from: 0, to: digits, by: 2) { put(value(place) << 4 | value(place + 1)) }
  }

  mutating func put(raw source: UnsafeRawPointer, _ length: Int) {
    put(FoldControl.raw)
    put(UInt8(length))
    append(source, length)
  }

  private mutating func append(_ source: UnsafeRawPointer, _ length: Int) {
    (target + count).copyMemory(from: source, byteCount: length)
    count += length
  }

  /// Of a lower-case hexadecimal digit.
  @inline(__always)
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}
