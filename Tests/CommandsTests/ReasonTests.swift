import NodeCore
import Testing

@Suite struct `Reasons and refusals` {
  @Test(arguments: Reason.allCases)
  func `every reason speaks both languages with the same placeholders`(_ reason: Reason) {
    let facts = reason.facts
    #expect([1, 2, 3, 4].contains(facts.exitStatus))
    #expect((400..<600).contains(facts.httpStatus))
    #expect(placeholders(facts.words.zh) == placeholders(facts.words.en))
    #expect(facts.words.zh.unicodeScalars.contains { $0.value > 0x2E7F })
    #expect(!facts.words.en.isEmpty)
    if let hint = facts.hint {
      #expect(placeholders(hint.zh).isSubset(of: ["{0}", "{1}", "{2}"]))
      #expect(hint.zh.unicodeScalars.contains { $0.value > 0x2E7F })
      #expect(!hint.en.isEmpty)
    }
  }

  @Test(arguments: Reason.allCases)
  func `codes are snake_case`(_ reason: Reason) {
    #expect(
      reason.rawValue.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
      })
  }

  @Test func `a hint is left out where a word of it is missing`() {
    let bare = Refusal(.unknownCommand, "itm", "")
    #expect(bare.hint(.en) == "")
    #expect(Refusal(.unknownCommand, "itm", "item").hint(.en) == "did you mean item?")
    #expect(bare.message(.zh) == "没有命令“itm”")
  }

  @Test func `what a subject holds is never read as a placeholder`() {
    let refusal = Refusal(.badValue, "{1}", "{0}", "{x}")
    #expect(refusal.message(.en) == "{1} has a wrong value “{0}”")
  }

  @Test func `an error has the members that programs rely on, and nothing else`() throws {
    let report = ErrorReport(Refusal(.mandated, "abc", "def"), .en)
    let json = String(decoding: AnswerJSON.encode(report), as: UTF8.self)
    #expect(
      json == """
        {"error":{"class":"item_rejected","code":"mandated","hint":"the site that issued it can \
        lift it: repost lift def","message":"the mandate def holds the item abc: it cannot be \
        taken out","subject":"abc"}}
        """)
    #expect(report.exitStatus == 4)
    #expect(try AnswerJSON.decode(ErrorReport.self, from: Array(json.utf8)) == report)
  }

  private func placeholders(_ text: String) -> Set<String> {
    Set(["{0}", "{1}", "{2}", "{3}"].filter { text.contains($0) })
  }
}

@Suite struct `Languages` {
  @Test(
    arguments: [
      (nil, ["LANG": "zh_CN.UTF-8"], Language.zh),
      (nil, ["LANG": "zh_CN.UTF-8", "LC_ALL": "C"], .en),
      (nil, ["LANG": "de_DE", "LC_MESSAGES": "zh_TW"], .zh),
      (nil, ["LC_ALL": "", "LANG": "zh"], .zh),
      (nil, [:], .en),
      ("en", ["LANG": "zh_CN.UTF-8"], .en),
      ("zh", [:], .zh),
    ] as [(String?, [String: String], Language)])
  func `the option decides, then the locale`(
    _ option: String?, _ environment: [String: String], _ expected: Language
  ) {
    #expect(Language(option: option, environment: environment) == expected)
  }

  @Test func `the first known range of an Accept-Language field decides`() {
    #expect(Language(acceptLanguage: "zh-CN,zh;q=0.9,en;q=0.8") == .zh)
    #expect(Language(acceptLanguage: "fr, zh") == .zh)
    #expect(Language(acceptLanguage: nil) == .en)
  }
}
