import Replication
import SiteGroup
import Storage

extension Node {
  package static let failuresMax: Int64 = 5
  package static let lockMilliseconds: Int64 = 900_000
  private static let signIn = "sign in"

  /// Checks an operator's password. Each trial is told; five wrong ones lock the account for a
  /// quarter of an hour. An unknown name, a disabled account and a wrong password are one refusal.
  package func signIn(_ name: String, password: String) throws {
    let account = try store.read { try $0.operatorAccount(name) }
    if let until = account?.lock(at: ports.now()) {
      noteRefusal(
        AuditEvent(
          .signIn, operatorName: name, operation: Node.signIn,
          result: Reason.operatorLocked.rawValue))
      throw locked(name, until)
    }
    let secret = keys.read { file in file.operators?.first { $0.isOf(name) } }
    let tried = secret ?? .none(iterations: settings.passwordIterations)
    let isRight = tried.holds(password)
    guard let account else {
      // The name is not told: people type passwords there.
      noteRefusal(
        AuditEvent(.signIn, operation: Node.signIn, result: Reason.wrongPassword.rawValue))
      throw Refusal(.wrongPassword, name)
    }
    let until = try store.write { transaction in
      try conclude(account.name, isRight: isRight && account.isEnabled, in: transaction)
    }
    if let until { throw locked(name, until) }
    guard isRight, account.isEnabled else { throw Refusal(.wrongPassword, name) }
  }

  /// Counts the trial; answers until when the account is locked now.
  private func conclude(
    _ name: String, isRight: Bool, in transaction: Transaction
  ) throws -> Int64? {
    guard var account = try transaction.operatorAccount(name) else { return nil }
    var result = AuditEvent.done
    if isRight {
      (account.failures, account.lockedUntil) = (0, nil)
      account.lastUsedAt = transaction.now
    } else {
      account.failures += 1
      result = Reason.wrongPassword.rawValue
      if account.failures >= Node.failuresMax {
        (account.failures, account.lockedUntil) = (0, transaction.now + Node.lockMilliseconds)
        result = Reason.operatorLocked.rawValue
      }
    }
    try transaction.save(account)
    transaction.tell(
      AuditEvent(.signIn, operatorName: name, operation: Node.signIn, result: result))
    return isRight ? nil : account.lockedUntil
  }

  private func locked(_ name: String, _ until: Int64) -> Refusal {
    Refusal(
      .operatorLocked, name,
      Timestamp.format(until, offsetMinutes: settings.timeZoneOffsetMinutes))
  }

  /// Gives an operator a password, and ends a lock. The rules are the caller's to check.
  func setPassword(_ password: String, of name: String) throws {
    let secret = OperatorSecret(
      name: name, password: password, salt: ports.random(OperatorSecret.saltOctets),
      iterations: settings.passwordIterations)
    try keys.change { file in
      file.operators = (file.operators ?? []).filter { !$0.isOf(name) } + [secret]
    }
  }
}

extension OperatorSecret {
  fileprivate func isOf(_ name: String) -> Bool { self.name.utf8.elementsEqual(name.utf8) }
}

extension OperatorAccount {
  /// Until when it is locked; nil where it is not. A clock that was set back locks no longer.
  func lock(at now: Int64) -> Int64? {
    guard let until = lockedUntil, now < until, until - now <= Node.lockMilliseconds else {
      return nil
    }
    return until
  }
}
