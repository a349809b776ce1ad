import FoundationEssentials
import NodeCore
import Testing

/// Texts that mean something to a browser, a terminal, a database or a protocol.
@Suite struct `Hostile texts` {
  private let shell: Shell

  init() throws {
    shell = try Shell()
    #expect(shell.run("init", "--code", "360400", "--name", "x", "--kind", "central").status == 0)
    #expect(shell.run("column", "add", "要闻").status == 0)
  }

  private static let texts = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "x' OR '1'='1'; DROP TABLE records; --", "a\r\nSet-Cookie: x=1", "\u{1B}[2J\u{1B}]0;t\u{7}",
    "\u{9B}31m", "\u{202E}fdp.exe\u{2066}", "%s%n{0}", "$(id)`id`", "\u{2028}\u{2029}",
    "\\u0000\\", "a\tb", "e\u{301}", "\u{FEFF}x",
  ]

  private struct Shown: Decodable {
    let title: String
    let body: String
  }

  private struct Added: Decodable { let id: String }

  /// Octets that would move a terminal's cursor, or turn its text round.
  private func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x0A: true
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: false
      default: true
      }
    }
  }

  @Test(arguments: texts)
  func `they are stored as they are, and shown without harm`(_ text: String) throws {
    let added = shell.run(
      "item", "add", "--column", "要闻", "--title", text, "--body", text, "--published-at",
      "2023-11-14", "--publish", "--json")
    #expect(isHarmless(added.output) && isHarmless(added.error))
    // A field may refuse it; then nothing has come in.
    guard added.status == 0 else {
      #expect(added.status == 2 || added.status == 4, "\(added.error)")
      #expect(shell.run("item", "list", "--all", "--json").output.contains(#""items":[]"#))
      return
    }
    let id = try AnswerJSON.decode(Added.self, from: Array(added.output.utf8)).id
    let json = shell.run("item", "show", id, "--json").output
    let shown = try AnswerJSON.decode(Shown.self, from: Array(json.utf8))
    #expect(Array(shown.title.utf8) == Array(text.utf8))
    #expect(Array(shown.body.utf8) == Array(text.utf8))
    for words in [
      ["item", "show", id], ["item", "list"], ["item", "history", id], ["audit", "list"],
      ["column", "list"], ["site", "list"], ["item", "list", "--column", text],
      ["column", "add", text],
    ] {
      for language in ["zh", "en"] {
        let said = shell.run(words + ["--lang", language])
        #expect(isHarmless(said.output) && isHarmless(said.error), "\(words[0]) \(words[1])")
      }
    }
  }
}
