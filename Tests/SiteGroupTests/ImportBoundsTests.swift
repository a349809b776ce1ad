import SiteGroup
import Testing

/// What is too long, too much or of another form never enters.
@Suite struct ImportBoundsTests {
  private func fault(_ change: (inout ItemChanges) -> Void) -> ItemFault? {
    var changes = ItemChanges()
    change(&changes)
    do {
      try ItemChecks.check(changes)
      return nil
    } catch {
      return error
    }
  }

  private func text(_ octets: Int) -> String { String(repeating: "x", count: octets) }

  @Test(arguments: [
    (ItemField.title, ItemLimits.titleOctetsMax), (.body, ItemLimits.bodyOctetsMax),
    (.summary, ItemLimits.textOctetsMax),
  ])
  func `a field takes as many octets as its bound, and not one more`(
    _ field: ItemField, _ most: Int
  ) {
    #expect(fault { $0.texts[field] = text(most) } == nil)
    #expect(
      fault { $0.texts[field] = text(most + 1) }
        == .tooLong(field: field.rawValue, octetsMax: most))
  }

  @Test func `a list has a bound for its parts and for each of them`() {
    let most = ItemLimits.listCountMax
    #expect(fault { $0.lists[.keywords] = Array(repeating: "词", count: most) } == nil)
    #expect(
      fault { $0.lists[.keywords] = Array(repeating: "词", count: most + 1) }
        == .tooMany(field: "keywords", countMax: most))
    #expect(
      fault { $0.lists[.keywords] = ["词", text(ItemLimits.titleOctetsMax + 1)] }
        == .tooLong(field: "keywords", octetsMax: ItemLimits.titleOctetsMax))
  }

  @Test func `no text holds a NUL, and an external id is neither empty nor long`() throws {
    #expect(
      fault { $0.texts[.title] = "a\0b" }
        == .badValue(field: "title", value: "\\u0000", expected: "≠ \\u0000"))
    #expect(throws: ItemFault.missing(field: "external_id")) {
      try ItemChecks.check(externalID: "")
    }
    let most = ItemLimits.externalIDOctetsMax
    try ItemChecks.check(externalID: text(most))
    #expect(throws: ItemFault.tooLong(field: "external_id", octetsMax: most)) {
      try ItemChecks.check(externalID: text(most + 1))
    }
  }

  @Test func `validity is one of the words of the rules`() {
    for word in ItemChecks.validities + [""] {
      #expect(fault { $0.texts[.validity] = word } == nil)
    }
    #expect(
      fault { $0.texts[.validity] = "valid" }
        == .badValue(
          field: "validity", value: "valid", expected: "有效 | 已修改 | 失效 | 废止"))
  }

  private func line(_ members: String) throws -> ItemLine {
    try ItemLine(Array("{\"external_id\":\"a\",\(members)}".utf8), offsetMinutes: 480)
  }

  @Test func `a line says whether its item is co-edited by true and false alone`() throws {
    #expect(try line("\"coedited\":true").isCoedited)
    #expect(try !line("\"coedited\":false").isCoedited)
    for (value, shown) in [("1", "1"), ("null", "null"), ("\"yes\"", "yes"), ("{}", "{…}")] {
      #expect(
        throws: ItemLineFault.badField("coedited", value: shown, expected: "true | false")
      ) { try line("\"coedited\":\(value)") }
    }
  }

  @Test func `a line's state is one of four words`() throws {
    for state in ItemLine.State.allCases {
      #expect(try line("\"state\":\"\(state.rawValue)\"").state == state)
    }
    #expect(
      throws: ItemLineFault.badField(
        "state", value: "gone", expected: "published | draft | archived | withdrawn")
    ) { try line("\"state\":\"gone\"") }
  }

  @Test func `numbers are text as they stand, exponents too`() throws {
    for number in ["1e3", "1E+3", "-2.5e-07", "0"] {
      #expect(try line("\"title\":\(number)").changes.texts[.title] == number)
    }
    for number in ["1e", "1e+", "-", "1.", "+1", "00"] {
      #expect(throws: ItemLineFault.self, "\(number)") { try line("\"title\":\(number)") }
    }
  }

  @Test func `a site's name has a bound`() throws {
    func sites(_ name: String) throws(RowFaults) -> SitesFile {
      let header = SitesFile.header.joined(separator: "\t")
      return try SitesFile("\(header)\n360423\tcounty\t\(name)\n")
    }
    let most = SitesFile.nameOctetsMax
    #expect(try sites(text(most)).rows.count == 1)
    let long = text(most + 1)
    #expect(throws: RowFaults([RowFault(line: 2, .value("name", long))])) { try sites(long) }
  }

  @Test func `a moment at either end of time is shown without a fault`() {
    for offset in [480, -840, 0] {
      for time in [Int64.max, .min, .max - 1, 253_402_300_800_000] {
        #expect(!Timestamp.format(time, offsetMinutes: offset).isEmpty)
      }
    }
    #expect(Timestamp.format(0, offsetMinutes: 480) == "1970-01-01T08:00:00+08:00")
  }
}
