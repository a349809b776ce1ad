import Bytes
import Testing

@Suite struct `Octets are compared` {
  @Test func `to the last of any length, wherever they begin`() {
    for count in 0...40 {
      for start in 0...9 {
        let a = [UInt8](repeating: 7, count: start) + (0..<count).map { UInt8($0) }
        var b = (0..<count).map { UInt8($0) }
        #expect(areEqual(a[start...], b[...]))
        #expect(!areEqual(a[start...], (b + [0])[...]))
        for place in b.indices {
          b[place] ^= 0x80
          #expect(!areEqual(a[start...], b[...]))
          b[place] ^= 0x80
        }
      }
    }
  }
}
