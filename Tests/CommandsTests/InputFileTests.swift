import FoundationEssentials
import NodeCore
import Testing

@Suite struct `Reading named files` {
  private let path =
    FileManager.default.temporaryDirectory.path() + "/sitegroup-input-" + UUID().uuidString

  private func write(_ octets: [UInt8]) throws {
    try Data(octets).write(to: URL(filePath: path))
  }

  private func lines(_ text: String, lineBytesMax: Int = 100) throws -> [String] {
    try write(Array(text.utf8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    var lines: [String] = []
    try InputFile(path).eachLine(lineBytesMax: lineBytesMax) { number, line in
      lines.append("\(number):" + String(decoding: line, as: UTF8.self))
    }
    return lines
  }

  @Test(arguments: [
    ("", []), ("a", ["1:a"]), ("a\n", ["1:a"]), ("a\r\nb\n\nc", ["1:a", "2:b", "3:", "4:c"]),
    ("\n", ["1:"]), ("a\rb\n", ["1:a\rb"]),
  ])
  func `lines come without their ends`(_ text: String, _ expected: [String]) throws {
    #expect(try lines(text) == expected)
  }

  @Test func `a long line is cut to one octet more than allowed, the next is whole`() throws {
    #expect(try lines("abcdefgh\nxy\n", lineBytesMax: 4) == ["1:abcde", "2:xy"])
    #expect(try lines("abcdefgh", lineBytesMax: 4) == ["1:abcde"])
  }

  @Test func `lines that span the chunks of reading stay whole`() throws {
    let long = String(repeating: "政", count: 100_000)
    let read = try lines(long + "\nb\n" + long, lineBytesMax: 1 << 20)
    #expect(read == ["1:" + long, "2:b", "3:" + long])
  }

  @Test func `a file is refused where it is too large, not UTF-8, or not there`() throws {
    try write([0xEF, 0xBB, 0xBF, 0x61])
    #expect(try InputFile.text(of: path, bytesMax: 4) == "a")
    #expect(throws: Refusal(.fileTooLarge, path, "3")) {
      try InputFile.text(of: path, bytesMax: 3)
    }
    try write([0x61, 0xFF])
    #expect(throws: Refusal(.notUTF8, path)) { try InputFile.text(of: path, bytesMax: 9) }
    try FileManager.default.removeItem(atPath: path)
    let refusal = #expect(throws: Refusal.self) { try InputFile.text(of: path, bytesMax: 9) }
    #expect(refusal?.reason == .unreadableFile)
  }
}
