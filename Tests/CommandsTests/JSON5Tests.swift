import Commands
import NodeCore
import Testing

@Suite struct `JSON5 texts` {
  @Test(
    arguments: [
      ("null", .null), ("true", .bool(true)), (" false ", .bool(false)),
      ("12", .number(12)), ("+1.5e3", .number(1500)), ("-.5", .number(-0.5)), ("5.", .number(5)),
      ("0x1F", .number(31)), ("-0X10", .number(-16)), ("1e-2", .number(0.01)), ("0", .number(0)),
      ("Infinity", .number(.infinity)),
      (#""a\"b""#, .text(#"a"b"#)), (#"'it\'s "so"'"#, .text(#"it's "so""#)),
      (#""\u6b66\n\x41\0""#, .text("武\nA\0")), (#""\ud83d\ude00""#, .text("😀")),
      ("'a\\\nb'", .text("ab")), ("'a\\\r\nb'", .text("ab")), ("// c\n1 /* d */", .number(1)),
      ("\u{FEFF}1", .number(1)), ("[]", .array([])), ("{}", .object([])),
    ] as [(String, JSON5.Value)])
  func `values are read`(_ text: String, _ value: JSON5.Value) throws {
    #expect(try JSON5(text).value == value)
  }

  @Test func `objects and arrays keep their order, and where each value stands`() throws {
    let text = """
      {
        // the node
        listen: '127.0.0.1:80',  "b c": [1, 2,],
        $x_1: {名称: null},
      }
      """
    guard case .object(let members) = try JSON5(text).value else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.key) == ["listen", "b c", "$x_1"])
    #expect(members.map { "\($0.place)" } == ["3:3", "3:28", "4:3"])
    #expect("\(members[0].value.place)" == "3:11")
    guard case .array(let numbers) = members[1].value.value else {
      Issue.record("no array")
      return
    }
    #expect(numbers.map(\.value) == [.number(1), .number(2)])
  }

  @Test(arguments: [
    ("", "1:1"), ("{", "1:2"), ("{a}", "1:3"), ("{a:}", "1:4"), ("{a:1 b:2}", "1:6"),
    ("{a:1,\n a:2}", "2:2"), ("[1 2]", "1:4"), ("[,]", "1:2"), ("{,}", "1:2"), ("1 2", "1:3"),
    ("'a", "1:1"), ("'a\nb'", "1:1"), (#""\u12""#, "1:6"), (#""\ud800""#, "1:8"),
    (#""\1""#, "1:4"), ("/* a", "1:1"), ("abc", "1:1"), ("01", "1:1"), ("1e", "1:1"),
    ("--1", "1:1"), ("0x", "1:1"), (".", "1:1"), ("+ 1", "1:1"), ("１", "1:1"),
    ("{1a:2}", "1:2"), (String(repeating: "[", count: 40), "1:34"),
  ])
  func `what is no JSON5 is refused with its place`(_ text: String, _ place: String) {
    let fault = #expect(throws: JSON5Fault.self) { try JSON5(text) }
    #expect(fault.map { "\($0.place)" } == place)
    #expect(fault?.words.zh.isEmpty == false && fault?.words.en.isEmpty == false)
  }
}
