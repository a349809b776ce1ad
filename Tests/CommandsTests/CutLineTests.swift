@testable import Commands
import FoundationEssentials
import Networking
import NodeCore
import Testing

/// Two nodes over real HTTP, on a line that dies in the middle of a message.
@Suite struct CutLineTests {
  private let shell: Shell
  private let batch = 30

  init() throws {
    shell = try Shell()
  }

  private func serve(_ name: String) throws -> Daemon { try shell.serve(name) }

  /// Items that do not deflate well: some 1,000 octets each on the line.
  private func add(_ name: String, from first: Int) throws {
    var state = UInt64(first + 1)
    let lines = (first..<(first + batch)).map { number in
      let words = (0..<100).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return String(state >> 12, radix: 36)
      }
      return """
        {"external_id":"\(number)","column":"要闻","title":"t\(number)",\
        "body":"\(words.joined(separator: " "))","published_at":"2023-11-14T00:00:00Z"}
        """
    }
    let file = "\(shell.directory)/\(name)-\(first).jsonl"
    try OutputFile.create(file, Array(lines.joined(separator: "\n").utf8))
    #expect(shell.run("item", "import", file, "--dir", name).status == 0)
  }

  private func count(_ name: String, of origin: String) -> Int {
    let list = shell.run("item", "list", "--all", "--origin", origin, "--dir", name, "--json")
    return list.output.components(separatedBy: #""id":"#).count - 1
  }

  private func sync() -> (status: Int32, text: String) {
    let result = shell.run("sync", "--dir", "n", "--json")
    return (result.status, result.output + result.error)
  }

  @Test func `a message that is cut anywhere is not taken in part, and comes whole with the next`()
    throws
  {
    _ = shell.run("init", "--dir", "c", "--code", "360400", "--name", "九江市", "--kind", "central")
    let daemon = try serve("c")
    defer { daemon.stop() }
    guard case .tcp(_, let port) = daemon.addresses[0] else { return }
    let proxy = try CuttingProxy(to: port)
    defer { proxy.close() }
    _ = shell.run(
      "init", "--dir", "n", "--code", "360423", "--name", "武宁县", "--kind", "county",
      "--upstream", "http://127.0.0.1:\(proxy.port)")
    struct Issued: Decodable { let token: String }
    let issued = shell.run("site", "token", "360423", "--dir", "c", "--json")
    let token = try AnswerJSON.decode(Issued.self, from: Array(issued.output.utf8)).token
    #expect(shell.run("enrol", "--dir", "n", "--token", token).status == 0)
    for name in ["c", "n"] { #expect(shell.run("column", "add", "要闻", "--dir", name).status == 0) }
    #expect(shell.run("column", "add", "转载", "--dir", "n").status == 0)
    let rule = ["map", "add", "--from", "360400:要闻", "--to", "转载", "--existing", "--dir", "n"]
    #expect(shell.run(rule).status == 0)
    #expect(sync().status == 0)

    let cuts: [(CuttingProxy.Direction, Int)] = [
      (.up, 100), (.up, 3_000), (.up, 15_000), (.down, 100), (.down, 3_000), (.down, 15_000),
    ]
    for (place, (direction, octets)) in cuts.enumerated() {
      let (from, to, origin) = direction == .up ? ("n", "c", "360423") : ("c", "n", "360400")
      try add(from, from: place * batch)
      let before = count(to, of: origin)
      proxy.cut(direction, after: octets)
      let cut = sync()
      #expect(proxy.isDead && cut.status == 3, "\(direction) \(octets): \(cut.text)")
      #expect(cut.text.contains(#""code":"unreachable""#), "\(cut.text)")
      #expect(count(to, of: origin) == before, "\(direction) \(octets)")
      proxy.heal()
      let healed = sync()
      #expect(healed.status == 0 && healed.text.contains(#""in_step":true"#), "\(healed.text)")
      let moved = direction == .up ? #""pushed":\#(batch),"# : #""pulled":\#(batch),"#
      #expect(healed.text.contains(moved), "\(direction) \(octets): \(healed.text)")
      #expect(count(to, of: origin) == before + batch)
    }
    for name in ["c", "n"] { #expect(shell.run("verify", "--dir", name).status == 0) }
  }
}
