import SiteGroup
import Testing

@Suite struct `Lines of an import` {
  private func line(_ text: String) throws -> ItemLine {
    try ItemLine(Array(text.utf8), offsetMinutes: 480)
  }

  private func fault(_ octets: [UInt8]) -> ItemLineFault? {
    do {
      _ = try ItemLine(octets, offsetMinutes: 480)
      return nil
    } catch {
      return error
    }
  }

  @Test func `hold fields by their names`() throws {
    let line = try line(
      #"{"external_id":7,"column":"a/b","columns":["c"],"title":"两\u4e2a\ud83d\ude00\n","#
        + #""published_at":"2023-01-17","keywords":["x","y"],"state":"archived","zzz":1}"#)
    #expect(line.externalID == "7")
    #expect(line.columns == ["a/b", "c"])
    #expect(line.changes.texts == [.title: "两个😀\n"])
    #expect(line.changes.times == [.publishedAt: 1_673_884_800_000])
    #expect(line.changes.lists == [.keywords: ["x", "y"]])
    #expect(line.state == .archived)
    #expect(line.unknownNames == ["zzz"])
  }

  @Test func `null clears, and what is not named is not touched`() throws {
    let line = try line(#"{"external_id":"a","summary":null,"effective_at":null,"labels":null}"#)
    #expect(line.changes.texts == [.summary: ""])
    #expect(line.changes.times == [.effectiveAt: nil])
    #expect(line.changes.lists == [.labels: []])
    #expect(line.columns == nil)
    #expect(line.state == nil)
  }

  @Test(
    arguments: [
      "", "[]", "{", "{\"a\":1,}", "{\"a\":1}x", "{'a':1}", "{\"a\":01}", "{\"a\":\"\t\"}",
      "{\"a\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":tru}", "{\"a\":1,\"a\":2}",
      "{\"a\":" + String(repeating: "[", count: 99), "{\"a\":\"b", "nul",
    ])
  func `that are no JSON object are refused`(_ text: String) {
    guard case .malformed = fault(Array(text.utf8)) else {
      Issue.record("\(text) gave \(String(describing: fault(Array(text.utf8))))")
      return
    }
  }

  @Test func `name what is wrong with a field`() {
    func fault(_ text: String) -> ItemLineFault? { self.fault(Array(text.utf8)) }
    #expect(fault("{}") == .missing(field: "external_id"))
    #expect(
      fault(#"{"external_id":"a","title":["x"]}"#)
        == .badField("title", value: "[…]", expected: "\"…\""))
    #expect(
      fault(#"{"external_id":"a","published_at":"gestern"}"#)
        == .badField("published_at", value: "gestern", expected: "2023-01-17T09:00:00+08:00"))
    #expect(
      fault(#"{"external_id":"a","attachments":[1]}"#)
        == .badField("attachments", value: "1", expected: "\"…\""))
    #expect(fault(#"{"external_id":"a","attachments":[]}"#) == nil)
    #expect(self.fault([0x7B, 0xFF, 0x7D]) == .notUTF8(offset: 1))
    #expect(
      self.fault([UInt8](repeating: 0x20, count: ItemLimits.lineOctetsMax + 1)) == .tooLong)
  }
}
