import Bytes
import Replication
import SQLite

/// Somebody who works at this node. Never replicated; the password's hash is with the keys.
package struct OperatorAccount: Sendable, Equatable {
  package let name: String
  package var realName: String
  /// Names of roles, in their order.
  package var roles: [String]
  package var isEnabled: Bool
  package let createdAt: Int64
  /// When the operator last changed something or signed in.
  package var lastUsedAt: Int64?
  /// Wrong passwords since the last right one.
  package var failures: Int64
  /// No password counts before this time.
  package var lockedUntil: Int64?

  package init(name: String, realName: String, roles: [String], createdAt: Int64) {
    self.name = name
    self.realName = realName
    self.roles = roles
    self.createdAt = createdAt
    isEnabled = true
    failures = 0
  }

  fileprivate static let columns =
    "name, real_name, roles, enabled, created_at, last_used_at, failures, locked_until"

  fileprivate init(_ row: Statement) {
    name = row.text(0)
    realName = row.text(1)
    roles = row.text(2).split(separator: ",").map(String.init)
    isEnabled = row.integer(3) != 0
    createdAt = row.integer(4)
    lastUsedAt = row.optionalInteger(5)
    failures = row.integer(6)
    lockedUntil = row.optionalInteger(7)
  }
}

extension OperatorAccount {
  /// Of what gives somebody rights here; not of when and how often they signed in.
  static func digest(
    name: String, realName: String, roles: String, isEnabled: Bool, _ algorithm: DigestAlgorithm
  ) -> Digest {
    var writer = CBORWriter()
    writer.array(4)
    for text in [name, realName, roles] { writer.text(text) }
    writer.unsigned(isEnabled ? 1 : 0)
    return algorithm.digest(writer.bytes)
  }

  func digest(_ algorithm: DigestAlgorithm) -> Digest {
    OperatorAccount.digest(
      name: name, realName: realName, roles: roles.joined(separator: ","), isEnabled: isEnabled,
      algorithm)
  }
}

extension Snapshot {
  /// In byte order of their names.
  package func operators() throws -> [OperatorAccount] {
    try connection.all("SELECT \(OperatorAccount.columns) FROM operators ORDER BY name") {
      OperatorAccount($0)
    }
  }

  package func operatorAccount(_ name: String) throws -> OperatorAccount? {
    try connection.first(
      "SELECT \(OperatorAccount.columns) FROM operators WHERE name = ?", [.text(name)]
    ) { OperatorAccount($0) }
  }

  /// Until there is one, any name may do all.
  package func hasOperators() throws -> Bool {
    try connection.first("SELECT 1 FROM operators LIMIT 1") { _ in true } ?? false
  }
}

extension Transaction {
  /// Adds the account, or changes it.
  package func save(_ account: OperatorAccount) throws {
    let digest = account.digest(algorithm)
    try reseal(
      .operators, from: try operatorAccount(account.name)?.digest(algorithm), to: digest)
    try connection.run(
      """
      INSERT OR REPLACE INTO operators(\(OperatorAccount.columns), seal)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(account.name), .text(account.realName), .text(account.roles.joined(separator: ",")),
        .integer(account.isEnabled ? 1 : 0), .integer(account.createdAt),
        SQLValue(account.lastUsedAt), .integer(account.failures), SQLValue(account.lockedUntil),
        .integer(try sealer().seal(.operators, digest, account.createdAt)),
      ])
  }

  /// Notes that the operator does something.
  package func noteUse(of name: String) throws {
    try connection.run(
      "UPDATE operators SET last_used_at = ? WHERE name = ?", [.integer(now), .text(name)])
  }
}
