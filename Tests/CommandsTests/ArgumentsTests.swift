import NodeCore
import Testing

private let spec = OperationSpec(
  "item", "add", zh: "新增信息", en: "adds an item", changes: true,
  [
    .positional("item", "ITEM", zh: "信息", en: "the item"),
    .positionals("site", "SITE", zh: "站点", en: "sites"),
    .option("title_prefix", "TEXT", zh: "标题前缀", en: "before the title"),
    .options("column", "COLUMN", zh: "栏目", en: "columns"),
    .option("limit", "N", zh: "数量", en: "how many"),
    .flag("publish", zh: "发布", en: "publishes"),
  ])

@Suite struct `Reading arguments` {
  @Test(arguments: [
    (["I", "A"], ["item": ["I"], "site": ["A"]]),
    (["I", "A", "B", "--publish"], ["item": ["I"], "site": ["A", "B"], "publish": ["true"]]),
    (
      ["--title-prefix", "x y", "I", "A"],
      ["item": ["I"], "site": ["A"], "title_prefix": ["x y"]]
    ),
    (
      ["--title-prefix=--x=y", "I", "A"], ["item": ["I"], "site": ["A"], "title_prefix": ["--x=y"]]
    ),
    (["--title-prefix=", "I", "A"], ["item": ["I"], "site": ["A"], "title_prefix": [""]]),
    (
      ["--column", "a", "I", "--column=b", "A"],
      ["item": ["I"], "site": ["A"], "column": ["a", "b"]]
    ),
    (["--limit", "-5", "I", "-"], ["item": ["I"], "site": ["-"], "limit": ["-5"]]),
    (["--", "--publish", "-x"], ["item": ["--publish"], "site": ["-x"]]),
  ])
  func `words become values by name`(_ words: [String], _ values: [String: [String]]) throws {
    let read = try Arguments(words: words, parameters: spec.parameters)
    #expect(read.values == values)
  }

  @Test(
    arguments: [
      (["I"], Refusal(.missingArgument, "SITE")),
      ([], Refusal(.missingArgument, "ITEM")),
      (["I", "A", "--publsh"], Refusal(.unknownOption, "--publsh", "--publish")),
      (["I", "A", "--zzzzzz"], Refusal(.unknownOption, "--zzzzzz", "")),
      (["I", "A", "-p"], Refusal(.unknownOption, "-p", "")),
      (["I", "A", "--publish=yes"], Refusal(.flagTakesNoValue, "--publish")),
      (["I", "A", "--limit"], Refusal(.missingValue, "--limit")),
      (["I", "A", "--limit", "--publish"], Refusal(.missingValue, "--limit")),
      (["I", "A", "--limit=1", "--limit=2"], Refusal(.repeatedOption, "--limit")),
    ] as [([String], Refusal)])
  func `wrong words are refused with the reason`(_ words: [String], _ refusal: Refusal) {
    #expect(throws: refusal) { try Arguments(words: words, parameters: spec.parameters) }
  }

  @Test func `a word too many is refused`() {
    let one = [Parameter.positional("item", "ITEM", zh: "信息", en: "the item")]
    #expect(throws: Refusal(.unexpectedArgument, "B")) {
      try Arguments(words: ["A", "B"], parameters: one)
    }
  }

  @Test func `JSON and argv give the same arguments, both ways`() throws {
    let words = ["I", "A", "B", "--column=a", "--limit", "7", "--publish"]
    let read = try Arguments(words: words, parameters: spec.parameters)
    let json = #"{"item":"I","site":["A","B"],"column":["a"],"limit":7,"publish":true}"#
    #expect(try Arguments(json: Array(json.utf8), for: spec) == read)
    #expect(try Arguments(json: read.json(for: spec), for: spec) == read)
  }

  @Test(
    arguments: [
      (#"{"item":"I","site":["A"],"colum":"x"}"#, Refusal(.unknownOption, "colum", "column")),
      (#"{"item":"I"}"#, Refusal(.missingArgument, "SITE")),
      (#"{"item":["I"],"site":["A"]}"#, Refusal(.badValue, "item", "", "text")),
      (#"{"item":true,"site":["A"]}"#, Refusal(.badValue, "item", "", "text")),
      (#"{"item":"I","site":[true]}"#, Refusal(.badValue, "site", "", "text")),
      (
        #"{"item":"I","site":["A"],"publish":"yes"}"#,
        Refusal(.badValue, "publish", "", "true | false")
      ),
      (#"["item"]"#, Refusal(.badBody)),
      (#"{"item":"#, Refusal(.badBody)),
    ] as [(String, Refusal)])
  func `wrong bodies are refused with the reason`(_ json: String, _ refusal: Refusal) {
    #expect(throws: refusal) { try Arguments(json: Array(json.utf8), for: spec) }
  }

  @Test func `null and false are as if left out`() throws {
    let json = #"{"item":"I","site":"A","publish":false,"limit":null}"#
    let read = try Arguments(json: Array(json.utf8), for: spec)
    #expect(read.values == ["item": ["I"], "site": ["A"]])
  }

  @Test func `readers check numbers and choices`() throws {
    func limit(_ text: String) throws -> Int? {
      try Arguments(words: ["I", "A", "--limit", text], parameters: spec.parameters)
        .integer("limit", in: 1...500)
    }
    #expect(try limit("20") == 20)
    for wrong in ["0", "501", "+5", "五", "5 ", "99999999999999999999", ""] {
      #expect(throws: Refusal(.badValue, "--limit", wrong, "1–500")) { try limit(wrong) }
    }
    let read = try Arguments(words: ["I", "A", "--limit=up"], parameters: spec.parameters)
    #expect(try read.choice("limit", of: ["up", "down"]) == "up")
    #expect(throws: Refusal(.badValue, "--limit", "up", "a | b")) {
      try read.choice("limit", of: ["a", "b"])
    }
    #expect(throws: Refusal(.missingArgument, "--title-prefix")) { try read.text("title_prefix") }
  }

  @Test(arguments: [
    ("itme", "item"), ("maap", "map"), ("colum", "column"), ("stat", "status"), ("x", nil),
    ("revi", "review"), ("", nil), ("rückgabe", nil),
  ])
  func `the nearest name is found, or none`(_ word: String, _ expected: String?) {
    let names = ["item", "map", "column", "status", "review", "site"]
    #expect(NearestName.of(word, among: names) == expected)
  }
}

@Suite struct `Text for people` {
  @Test func `columns align by terminal cells`() {
    var table = TextTable(["站点", "name", "n"], right: [2])
    table.add(["360423", "武宁县", "7"])
    table.add(["1", "a", "1234"])
    #expect(
      table.text == """
        站点    name       n
        360423  武宁县     7
        1       a       1234
        """)
  }

  @Test func `control characters of others do not reach the terminal`() {
    #expect(TextTable.line("a\u{1B}[31m\nb\u{202E}c\u{9B}") == "a [31m bc ")
  }

  @Test func `long text is cut by cells`() {
    #expect(TextTable.clipped("武宁县人民政府", cellsMax: 7) == "武宁县…")
    #expect(TextTable.clipped("abc", cellsMax: 3) == "abc")
  }
}
