import Foundation
import Replication
import SiteGroup
import Testing

@Suite struct `The catalogue as a file` {
  @Test func `the printed catalogue goes in whole, cells as printed`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scripts/demo.d/catalogue.tsv")
    let text = try String(contentsOf: file, encoding: .utf8)
    let catalogue = try CatalogueFile(text)
    #expect(catalogue.rows.count == 121)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for row in catalogue.rows {
      #expect(row.cells.joined(separator: "\t") == lines[row.line - 1])
      #expect(!row.modes.isEmpty)
    }
    let county = try #require(catalogue.rows.first { $0.path.text == "政务资讯/县区传真" })
    #expect(county.modes == [.map, .submit])
    #expect(county.update == "实时")
    #expect(county.units == ["九江日报社", "各县(市、区)政府"])
    #expect(Set(catalogue.rows.map(\.path.text)).count == 121)
  }

  @Test(
    arguments: [
      ("a、b", ["a", "b"]), ("各县(市、区)政府", ["各县(市、区)政府"]),
      ("各县（市、区）政府、市司法局", ["各县（市、区）政府", "市司法局"]),
      ("“甲、乙”专区、丙", ["“甲、乙”专区", "丙"]), ("a)、b", ["a)", "b"]), ("", []), ("、 a 、", ["a"]),
    ] as [(String, [String])])
  func `separators inside parentheses and quotation marks separate nothing`(
    _ text: String, _ parts: [String]
  ) {
    #expect(PrintedText.parts(of: text) == parts)
  }

  @Test(
    arguments: [
      ("甲\t乙\t\t平台调用\t\t", []),
      ("甲\t乙\t\t云调用\t\t\t", [.init(line: 2, .unknownMode("云调用"))]),
      ("甲\t乙\t\t\t\t\t", [.init(line: 2, .missing("modes"))]),
      ("甲\t\t\t报送\t\t\t", [.init(line: 2, .missing("level2"))]),
      ("\t乙\t\t报送\t\t\t", [.init(line: 2, .missing("level1"))]),
      ("甲\t乙\t\t报送", [.init(line: 2, .missing("update"))]),
      ("甲\t乙\t\t报送\t实时", [.init(line: 2, .missing("responsible_units"))]),
      ("甲\t乙/丙\t\t报送\t\t\t", [.init(line: 2, .value("level2", "乙/丙"))]),
      ("甲\t乙\t\t报送\t\t\t\tx", [.init(line: 2, .tooManyCells(8))]),
      (
        "甲\t乙\t\t报送\t\t\t\n\n甲\t乙\t\t共享\t\t\t\n甲\t丁\t\t?\t\t\t",
        [.init(line: 4, .repeats(2)), .init(line: 5, .unknownMode("?"))]
      ),
    ] as [(String, [RowFault])])
  func `every wrong row is named with its line`(_ rows: String, _ faults: [RowFault]) {
    let text = "\u{FEFF}" + CatalogueFile.header.joined(separator: "\t") + "\r\n" + rows + "\n"
    var found: [RowFault] = []
    do throws(RowFaults) { _ = try CatalogueFile(text) } catch { found = error.faults }
    #expect(found == faults)
  }

  @Test func `a file without its header is refused`() {
    #expect(throws: RowFaults([RowFault(line: 1, .header(CatalogueFile.header))])) {
      try CatalogueFile("甲\t乙\t\t报送\t\t\t\n")
    }
    #expect(throws: RowFaults([RowFault(line: 1, .header(SitesFile.header))])) {
      try SitesFile("")
    }
  }

  @Test func `sites need a code, a kind and a name`() throws {
    let header = SitesFile.header.joined(separator: "\t") + "\n"
    let rows = try SitesFile(header + "360423\tcounty\t武宁县人民政府\twuning\t武宁县\r\n").rows
    #expect(rows.map(\.code) == [SiteCode("360423")])
    #expect(rows.map(\.kind) == [.county])
    #expect(throws: RowFaults.self) { try SitesFile(header + "3604 23\tcounty\t武宁\n") }
    #expect(throws: RowFaults.self) { try SitesFile(header + "360423\tvillage\t武宁\n") }
    #expect(throws: RowFaults.self) { try SitesFile(header + "360423\tcounty\t\n") }
  }
}
