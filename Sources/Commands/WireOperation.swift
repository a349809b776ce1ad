import Bytes
import NodeCore

/// `wire FILE`: prints a CBOR sequence (RFC 8742), as it travels between nodes, as text.
struct WireOperation: ShellOperation {
  struct Output: Answer {
    let entries: [String]

    func text(_ language: Language) -> String {
      entries.joined(separator: "\n")
    }
  }

  static let spec = OperationSpec(
    "wire", zh: "把协议正文（CBOR 序列）显示为文本", en: "prints a body of the protocol as text",
    changes: false, place: .shell,
    [
      .positional(
        "file", "FILE", zh: "文件，- 为标准输入", en: "the file; - is standard input",
        content: .inputFile)
    ])

  private let path: String

  init(_ arguments: Arguments) throws {
    path = try arguments.text("file")
  }

  func run(in context: ShellContext) throws -> Output {
    let bytes = try InputFile.bytes(of: path, bytesMax: 64 << 20)
    var reader = CBORReader(bytes)
    var entries: [String] = []
    do {
      while !reader.isAtEnd {
        let range = try reader.skip()
        entries.append(try CBORValue(canonical: Array(bytes[range])).diagnostic)
      }
    } catch {
      throw Refusal(.malformed, "\(path) @\(error.offset)", error.what)
    }
    return Output(entries: entries)
  }
}
