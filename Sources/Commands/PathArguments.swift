import Glibc
import NodeCore

/// Arguments whose paths hold anywhere: absolute, and standard input spooled to a private file that
/// goes with the value.
final class PathArguments {
  private(set) var arguments: Arguments
  private var spooled: [String] = []

  init(_ arguments: Arguments) {
    self.arguments = arguments
  }

  func resolve(_ spec: OperationSpec, _ surroundings: Surroundings) throws(Refusal) {
    for parameter in spec.parameters {
      let paths = arguments.texts(parameter.name)
      guard !paths.isEmpty else { continue }
      switch parameter.content {
      case .text: continue
      case .outputFile:
        arguments.replace(parameter.name, with: paths.map { surroundings.absolute($0) })
      case .inputFile:
        let usable = try paths.map { (path) throws(Refusal) in
          path == "-" ? try spool(surroundings) : surroundings.absolute(path)
        }
        arguments.replace(parameter.name, with: usable)
      }
    }
  }

  deinit {
    for path in spooled { unlink(path) }
  }

  /// The same with `-` for a file of which the caller knows nothing.
  func named(_ refusal: Refusal) -> Refusal {
    refusal.mapped(named)
  }

  func named(_ report: ErrorReport) -> ErrorReport {
    report.mapped { named($0) }
  }

  private func named(_ text: String) -> String {
    spooled.reduce(text) { $0.replacing($1, with: "-") }
  }

  private func spool(_ surroundings: Surroundings) throws(Refusal) -> String {
    let folder = surroundings.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(folder)/sitegroup-XXXXXX".utf8CString)
    // mkstemp makes the file 0600: tokens come this way.
    let descriptor = mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0 else {
      throw Refusal(.ioError, folder, String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    spooled.append(path)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Refusal(.unreadableFile, "-", String(cString: strerror(errno)))
      }
      if count == 0 { return path }
      var rest = chunk[..<count]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else {
          throw Refusal(.ioError, path, String(cString: strerror(errno)))
        }
        rest = rest.dropFirst(written)
      }
    }
  }
}
