/// What a password must be. Says what is wrong, never the password.
package enum PasswordRules {
  package enum Fault: String, Error, Sendable, CaseIterable {
    case tooShort = "too_short"
    case tooLong = "too_long"
    /// Fewer than three of: small letters, capitals, digits, others.
    case tooPlain = "too_plain"
    case holdsName = "holds_name"
    /// A word that everybody tries first, with digits and signs around it.
    case common
  }

  package static let charactersMin = 12
  package static let octetsMax = 256
  private static let classesMin = 3
  private static let nameCharactersMin = 3

  package static func check(_ password: String, of name: String) throws(Fault) {
    if password.utf8.count > octetsMax { throw .tooLong }
    let scalars = Array(password.unicodeScalars)
    if scalars.count < charactersMin { throw .tooShort }
    if Set(scalars).count < charactersMin / 2 { throw .common }
    if classes(scalars) < classesMin { throw .tooPlain }
    let plain = password.lowercased()
    let name = name.lowercased()
    if name.unicodeScalars.count >= nameCharactersMin, Array(plain.utf8).holds(Array(name.utf8)) {
      throw .holdsName
    }
    if isCommon(plain) { throw .common }
  }

  private static func classes(_ scalars: [Unicode.Scalar]) -> Int {
    var seen: Set<Int> = []
    for scalar in scalars {
      switch scalar.value {
      case 0x61...0x7A: seen.insert(0)
      case 0x41...0x5A: seen.insert(1)
      case 0x30...0x39: seen.insert(2)
      default: seen.insert(3)
      }
    }
    return seen.count
  }

  /// Runs of the keyboard and the alphabet count as nothing, and so do signs for letters.
  private static func isCommon(_ plain: String) -> Bool {
    var letters: [UInt8] = []
    for octet in plain.utf8 {
      switch octet {
      case 0x61...0x7A: letters.append(octet)
      case 0x40: letters.append(0x61)
      case 0x30: letters.append(0x6F)
      case 0x24: letters.append(0x73)
      case 0x80...: letters.append(octet)
      default: continue
      }
    }
    var rest = String(decoding: letters, as: UTF8.self)
    for word in words { rest = rest.replacing(word, with: "") }
    let digits = plain.utf8.filter { (0x30...0x39).contains($0) }
    let isRow = rows.contains { $0.holds(digits) } || Set(digits).count <= 2
    return rest.unicodeScalars.count < 3 && (isRow || digits.count <= 4)
  }

  private static let words = [
    "administrator", "password", "passwrd", "sitegroup", "qwertyuiop", "qwerty", "asdfghjkl",
    "asdf", "zxcvbnm", "zxcv", "qazwsx", "wsxedc", "qaz", "wsx", "welcome", "letmein", "iloveyou",
    "woaini", "huanying", "guanliyuan", "mima", "admin", "abcdef", "abcd", "abc", "test", "root",
    "user", "login", "passw", "passord", "pass",
  ]
  private static let rows = ["01234567890", "09876543210", "123123123123", "147258369"]
    .map { Array($0.utf8) }
}

extension [UInt8] {
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard part.count <= count, let first = part.first else { return part.isEmpty }
    return indices.dropLast(part.count - 1).contains { start in
      self[start] == first && self[start...].starts(with: part)
    }
  }
}
