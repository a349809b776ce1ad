/// SM3, fed piece by piece. GB/T 32905-2016.
package struct SM3: Sendable {
  private var stream = DigestStream(.sm3)

  package init() {}

  package mutating func update(_ bytes: [UInt8]) { stream.update(bytes) }
  package mutating func update(_ bytes: UnsafeRawBufferPointer) { stream.update(bytes) }

  /// The digest of everything fed; the value is spent.
  package mutating func finish() -> Digest { stream.finish() }
}

extension SM3 {
  /// GB/T 32905-2016 §4.1.
  static let initial = SIMD8<UInt32>(
    0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600,
    0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e)

  /// Feeds `count` blocks of 64 bytes into the state. GB/T 32905-2016 §5.3.
  static func compress(
    _ state: inout SIMD8<UInt32>, _ blocks: UnsafePointer<UInt8>, _ count: Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 68) { schedule in
      guard let w = schedule.baseAddress else { return }
      for block in 0..<count {
        expand(blocks + block &* 64, into: w)
        state ^= rounds(state, w)
      }
    }
  }

  private static func expand(_ block: UnsafePointer<UInt8>, into w: UnsafeMutablePointer<UInt32>) {
    loadBigEndianWords(block, into: w)
    var j = 16
    while j < 68 {
      let y = w[j &- 3]
      let x = w[j &- 16] ^ w[j &- 9] ^ (y &<< 15 | y &>> 17)
      let z = w[j &- 13]
      // P1 of x.
      let p = x ^ (x &<< 15 | x &>> 17) ^ (x &<< 23 | x &>> 9)
      w[j] = p ^ (z &<< 7 | z &>> 25) ^ w[j &- 6]
      j &+= 1
    }
  }

  private static func rounds(_ state: SIMD8<UInt32>, _ w: UnsafePointer<UInt32>) -> SIMD8<UInt32> {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    var t: UInt32 = 0x79cc_4519
    // The registers change roles instead of places: after four rounds all are back.
    var j = 0
    while j < 16 {
      round(a, &b, a ^ b ^ c, &d, e, &f, e ^ f ^ g, &h, &t, w + j)
      round(d, &a, d ^ a ^ b, &c, h, &e, h ^ e ^ f, &g, &t, w + j + 1)
      round(c, &d, c ^ d ^ a, &b, g, &h, g ^ h ^ e, &f, &t, w + j + 2)
      round(b, &c, b ^ c ^ d, &a, f, &g, f ^ g ^ h, &e, &t, w + j + 3)
      j &+= 4
    }
    t = 0x9d8a_7a87
    while j < 64 {
      round(a, &b, majority(a, b, c), &d, e, &f, choice(e, f, g), &h, &t, w + j)
      round(d, &a, majority(d, a, b), &c, h, &e, choice(h, e, f), &g, &t, w + j + 1)
      round(c, &d, majority(c, d, a), &b, g, &h, choice(g, h, e), &f, &t, w + j + 2)
      round(b, &c, majority(b, c, d), &a, f, &g, choice(f, g, h), &e, &t, w + j + 3)
      j &+= 4
    }
    return SIMD8(a, b, c, d, e, f, g, h)
  }

  /// One round; `ff` and `gg` are the boolean functions of it, `t` its constant, then the next one.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: inout UInt32, _ ff: UInt32, _ d: inout UInt32,
    _ e: UInt32, _ f: inout UInt32, _ gg: UInt32, _ h: inout UInt32,
    _ t: inout UInt32, _ w: UnsafePointer<UInt32>
  ) {
    let a12 = a &<< 12 | a &>> 20
    let sum = a12 &+ e &+ t
    t = t &<< 1 | t &>> 31
    let ss1 = sum &<< 7 | sum &>> 25
    d = ff &+ d &+ (ss1 ^ a12) &+ (w[0] ^ w[4])
    let tt2 = gg &+ h &+ ss1 &+ w[0]
    b = b &<< 9 | b &>> 23
    f = f &<< 19 | f &>> 13
    // P0 of tt2.
    h = tt2 ^ (tt2 &<< 9 | tt2 &>> 23) ^ (tt2 &<< 17 | tt2 &>> 15)
  }

  @inline(__always)
  private static func majority(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 {
    (x & y) | (z & (x | y))
  }

  @inline(__always)
  private static func choice(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 {
    z ^ (x & (y ^ z))
  }
}
