import Bytes
import Testing

@Suite struct PBKDF2Tests {
  struct Vector: Sendable {
    let password: String
    let salt: String
    let iterations: Int
    let key: String
  }

  /// The first two are of RFC 7914 §11; the others are those of RFC 6070, with SHA-256.
  static let vectors = [
    Vector(
      password: "passwd", salt: "salt", iterations: 1,
      key: "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"),
    Vector(
      password: "Password", salt: "NaCl", iterations: 80_000,
      key: "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"),
    Vector(
      password: "password", salt: "salt", iterations: 2,
      key: "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
    Vector(
      password: "password", salt: "salt", iterations: 4096,
      key: "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
    Vector(
      password: "passwordPASSWORDpassword", salt: "saltSALTsaltSALTsaltSALTsaltSALTsalt",
      iterations: 4096,
      key: "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9"),
    Vector(
      password: "pass\0word", salt: "sa\0lt", iterations: 4096,
      key: "89b69d0516f829893c696226650a8687"),
  ]

  @Test(arguments: vectors)
  func `PBKDF2 gives the published keys`(_ vector: Vector) {
    let key = PBKDF2.sha256(
      password: Array(vector.password.utf8), salt: Array(vector.salt.utf8),
      iterations: vector.iterations, count: vector.key.utf8.count / 2)
    #expect(Hex.encode(key) == vector.key)
  }

  @Test func `a password longer than a block is its digest`() {
    let long = [UInt8](repeating: 0x61, count: 100)
    #expect(
      PBKDF2.sha256(password: long, salt: [1], iterations: 3, count: 20)
        == PBKDF2.sha256(
          password: DigestAlgorithm.sha256.digest(long).bytes, salt: [1], iterations: 3, count: 20))
  }
}
