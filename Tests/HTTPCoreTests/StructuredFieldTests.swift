import Testing

@testable import HTTPCore

@Suite struct StructuredFieldTests {
  private func dictionary(_ text: String) -> FieldDictionary? {
    var fields = HTTPFields()
    fields.append("X", text)
    return StructuredFieldParser.dictionary("x", in: fields)
  }

  private func written(_ member: FieldMember) -> String {
    var output: [UInt8] = []
    member.write(to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [
    ("a=1", "a=1"), ("a=-07;b", "a=-7;b"), ("a;b=?0", "a=?1;b=?0"), ("a", "a=?1"),
    (#"a="x\"\\y" , b=tok/en:1"#, #"a="x\"\\y", b=tok/en:1"#),
    (
      #"a=("b";req;key="c"   "d" );e=999999999999999"#,
      #"a=("b";req;key="c" "d");e=999999999999999"#
    ),
    ("a=(),b=:AQI=:", "a=(), b=:AQI=:"), ("a=::", "a=::"), ("*k_-.1=*t", "*k_-.1=*t"),
    ("a=1; b=?1", "a=1;b"),
  ])
  func `a dictionary is read and written in its one form`(_ text: String, _ canonical: String) {
    let members = dictionary(text)?.members.map { entry in
      "\(entry.key)=\(written(entry.member))"
    }
    #expect(members?.joined(separator: ", ") == canonical)
  }

  @Test(arguments: [
    "a=", "a=1,", "a=1 b=2", "A=1", "1=1", "a=1, a=2", "a=1;b;b", "a=1.0", "a=--1", "a=-",
    "a=1000000000000000", #"a="b"#, #"a="\b""#, "a=\"é\"", "a=(", "a=(1", "a=(1,2)", "a=(1)2",
    #"a=("b""c")"#, "a=:AQ", "a=:AQI:", "a=:AQJ=:", "a=?2", "a=?", "a=@1", "a= 1", "a =1", "=1",
    "a=1;", "a=1;B", "a=1 ;b", ",a=1",
  ])
  func `what is no dictionary is refused`(_ text: String) {
    #expect(dictionary(text) == nil)
  }

  @Test func `lines of one field are one dictionary`() {
    let fields: HTTPFields = ["X": "a=1", "x": "b=2"]
    #expect(StructuredFieldParser.dictionary("X", in: fields)?.members.map(\.key) == ["a", "b"])
    #expect(StructuredFieldParser.dictionary("y", in: fields) == nil)
  }
}
