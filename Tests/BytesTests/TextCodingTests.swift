import Bytes
import Testing

@Suite struct TextCodingTests {
  @Test(arguments: [
    ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"),
    ("fooba", "mzxw6ytb"), ("foobar", "mzxw6ytboi"),
  ])
  func `base32 gives the values of RFC 4648`(_ plain: String, _ coded: String) {
    #expect(Base32.encode(Array(plain.utf8)) == coded)
    #expect(Base32.decode(coded) == Array(plain.utf8))
    #expect(Base32.decode(coded.uppercased()) == Array(plain.utf8))
  }

  @Test(arguments: [
    "m", "mzx", "mzxw6y", "mz", "mr", "my======", "m1", "m0", "mzxw6ytb1", "ｍy", "m y",
  ])
  func `base32 refuses what no octets are written as`(_ text: String) {
    #expect(Base32.decode(text) == nil)
  }

  @Test(arguments: ["0", "0g", "g0", "+1", "-1", "０１", " 1", "1\r\n"])
  func `hexadecimal refuses anything but pairs of digits`(_ text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `base64 gives the values of RFC 4648`(_ plain: String, _ coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == coded)
    #expect(Base64.decode(coded) == Array(plain.utf8))
  }

  @Test(arguments: [
    "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-_", "=Zg=",
    "Zg=g", "Ｚm9v",
  ])
  func `base64 refuses what no octets are written as`(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func `every octet string comes back from its text`() {
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededBytes(seed: seed)
      let bytes = random.bytes(Int(seed))
      #expect(Hex.decode(Hex.encode(bytes)) == bytes)
      #expect(Hex.decode(Hex.encode(bytes).uppercased()) == bytes)
      #expect(Base32.decode(Base32.encode(bytes)) == bytes)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }
}
