import Bytes
import Replication
import Testing

/// What a record keeps of itself, against a look at every cell.
@Suite struct RecordFactsTests {
  private func expectTrue(_ record: Record, _ comment: Comment) {
    let cells = record.cells
    let stamps = cells.values.map(\.stamps)
    let isOwners = cells.values.allSatisfy {
      if case .coedited = $0 { return false }
      if case .other = $0 { return false }
      return $0.authors == [record.key.owner]
    }
    #expect(record.ownersTime == (isOwners ? stamps.joined().map(\.time).max() : nil), comment)
    #expect(record.authors == Set(cells.values.flatMap(\.authors)).sorted(), comment)
    for prefix in ["", "p", "in/", "life/", "lif", "life", "x/"] {
      let names = record.names.filter { $0.hasPrefix(prefix) }
      #expect(record.names(under: prefix) == names, comment)
      #expect(record.hasCell(under: prefix) == !names.isEmpty, comment)
      var values: [(String, String?)] = []
      record.eachValue(under: prefix, as: String.self) { rest, value in
        values.append((prefix + String(decoding: rest, as: UTF8.self), value))
      }
      #expect(values.map(\.0) == names, comment)
      #expect(values.map(\.1) == names.map { record.value($0, as: String.self) }, comment)
    }
  }

  @Test func `what is known of all cells is what each cell says`() throws {
    for seed in 0..<400 {
      var samples = RecordSamples(seed: seed)
      let (a, b) = (try samples.copy(), try samples.copy())
      for record in [a, b, a.joined(with: b).record] {
        expectTrue(record, "seed \(seed)")
        expectTrue(try Record(canonical: record.bytes), "seed \(seed)")
      }
    }
    var samples = RecordSamples(seed: 1)
    for record in try samples.history(14).copies { expectTrue(record, "history") }
  }

  @Test func `names with a slash are found by what stands before it`() throws {
    let owner = try #require(SiteCode("a"))
    for names in [["life"], ["life/b"], ["in/x", "in/y", "life"], ["life", "life/b", "in/x"]] {
      let id = RecordID(head: DigestAlgorithm.sha256.digest([1]))
      var edit = RecordEdit(RecordKey(owner: owner, kind: RecordKind(rawValue: 4), id: id))
      for name in names { edit.set(name, name) }
      let record = try #require(
        Record.writing(edit, over: nil, as: Stamp(time: 7, author: owner)))
      expectTrue(record, "\(names)")
      #expect(record.ownersTime == 7)
      let other = Stamp(time: 9, author: try #require(SiteCode("b")))
      edit.set(names[0], "other")
      expectTrue(try #require(Record.writing(edit, over: record, as: other)), "\(names)")
    }
  }
}
