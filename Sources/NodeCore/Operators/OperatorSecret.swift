import Bytes
import Replication

/// What is kept of an operator's password, with the keys: never in the database.
package struct OperatorSecret: Codable, Sendable, Equatable {
  package let name: String
  /// Hexadecimal, as is the hash.
  package let salt: String
  package let iterations: Int
  package let hash: String

  package static let iterationsDefault = 600_000
  static let saltOctets = 16
  private static let hashOctets = 32
  /// A file that somebody wrote must not keep a node busy for ever.
  private static let iterationsMax = 10_000_000

  init(name: String, password: String, salt: [UInt8], iterations: Int) {
    self.name = name
    self.salt = Hex.encode(salt)
    self.iterations = iterations
    hash = Hex.encode(OperatorSecret.hash(password, salt, iterations))
  }

  private static func hash(_ password: String, _ salt: [UInt8], _ iterations: Int) -> [UInt8] {
    PBKDF2.sha256(
      password: Array(password.utf8), salt: salt, iterations: iterations, count: hashOctets)
  }

  /// Costs the same whether it is right or not.
  func holds(_ password: String) -> Bool {
    guard (1...OperatorSecret.iterationsMax).contains(iterations),
      let salt = Hex.decode(salt), let hash = Hex.decode(hash)
    else { return false }
    return constantTimeEqual(OperatorSecret.hash(password, salt, iterations), hash)
  }

  /// For an operator without a password: as much work, and never right.
  static func none(iterations: Int) -> OperatorSecret {
    OperatorSecret(name: "", salt: "", iterations: iterations, hash: "")
  }

  private init(name: String, salt: String, iterations: Int, hash: String) {
    (self.name, self.salt, self.iterations, self.hash) = (name, salt, iterations, hash)
  }
}
