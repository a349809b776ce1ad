import SiteGroup
import Testing

@Suite struct PasswordRulesTests {
  @Test(arguments: [
    ("Kx7-lake", PasswordRules.Fault.tooShort),
    ("aaaaaaaaaaaaaaaa", .common),
    ("onlysmallletters", .tooPlain),
    ("small4and7digits", .tooPlain),
    ("Li.Ming-2024-riVer", .holdsName),
    ("Password2024!", .common),
    ("P@ssw0rd12345", .common),
    ("Admin@123456789", .common),
    ("1qaz@WSX3edc", .common),
    ("Qwerty123456!", .common),
    ("Huanying_123456", .common),
    (String(repeating: "Aa1-九", count: 60), .tooLong),
  ] as [(String, PasswordRules.Fault)])
  func `a weak password is refused`(_ password: String, _ fault: PasswordRules.Fault) {
    #expect(throws: fault) { try PasswordRules.check(password, of: "li.ming") }
  }

  @Test(arguments: [
    "blue-Kettle-71-harbour", "九江市Riverside2024", "tR4in&window&lamp", "Xk9#mQ2!vB7w",
  ])
  func `a good password is taken`(_ password: String) throws {
    try PasswordRules.check(password, of: "li.ming")
  }

  @Test(arguments: ["zhangsan", "张三", "a.b_c-d@e", "李四2"])
  func `names of operators are letters, digits and a few signs`(_ name: String) {
    #expect(OperatorName(name)?.text == name)
  }

  @Test(arguments: ["", "a b", "a,b", "a\nb", "a\u{202E}b", String(repeating: "a", count: 65)])
  func `other names are refused`(_ name: String) {
    #expect(OperatorName(name) == nil)
  }
}
