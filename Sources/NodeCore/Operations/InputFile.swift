import Bytes
import Glibc

/// A file that somebody named for an operation to read. Bounded: never takes more memory than told.
package struct InputFile: ~Copyable {
  package let path: String
  private let descriptor: Int32

  package init(_ path: String) throws(Refusal) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Refusal(.unreadableFile, path, String(cString: strerror(errno)))
    }
  }

  deinit {
    close(descriptor)
  }

  /// Refuses what is not there, cannot be read, or is a folder.
  package static func check(_ path: String) throws(Refusal) {
    _ = try InputFile(path).chunk()
  }

  /// The whole file.
  package static func bytes(of path: String, bytesMax: Int) throws(Refusal) -> [UInt8] {
    let file = try InputFile(path)
    var all: [UInt8] = []
    while true {
      let chunk = try file.chunk()
      if chunk.isEmpty { return all }
      guard all.count + chunk.count <= bytesMax else {
        throw Refusal(.fileTooLarge, path, String(bytesMax))
      }
      all += chunk
    }
  }

  /// The whole file as text, without a leading byte order mark.
  package static func text(of path: String, bytesMax: Int) throws(Refusal) -> String {
    var octets = try bytes(of: path, bytesMax: bytesMax)[...]
    if octets.starts(with: [0xEF, 0xBB, 0xBF]) { octets = octets.dropFirst(3) }
    guard let text = String(validating: octets, as: UTF8.self) else {
      throw Refusal(.notUTF8, path)
    }
    return text
  }

  /// Calls the body with each line and its number from 1, without line ends (LF or CRLF). A line
  /// that is too long is cut to `lineBytesMax + 1` octets: the body sees that it is.
  package func eachLine(
    lineBytesMax: Int, _ body: (Int, ArraySlice<UInt8>) throws -> Void
  ) throws {
    var number = 0
    var begun: [UInt8] = []
    func end(_ line: ArraySlice<UInt8>) throws {
      number += 1
      try body(number, line.last == 0x0D ? line.dropLast() : line)
    }
    while true {
      let octets = try chunk()
      if octets.isEmpty { break }
      var rest = octets[...]
      while let feed = OctetSearch.first(0x0A, in: rest) {
        if begun.isEmpty {
          try end(rest[..<feed].prefix(lineBytesMax + 1))
        } else {
          begun += rest[..<feed].prefix(lineBytesMax + 1 - begun.count)
          try end(begun[...])
          begun.removeAll(keepingCapacity: true)
        }
        rest = rest[(feed + 1)...]
      }
      begun += rest.prefix(lineBytesMax + 1 - begun.count)
    }
    if !begun.isEmpty { try end(begun[...]) }
  }

  private static let chunkBytes = 1 << 18

  /// The next octets, empty at the end.
  private func chunk() throws(Refusal) -> [UInt8] {
    while true {
      var problem: Int32 = 0
      let octets = [UInt8](unsafeUninitializedCapacity: InputFile.chunkBytes) { buffer, count in
        let got = read(descriptor, buffer.baseAddress, buffer.count)
        problem = got < 0 ? errno : 0
        count = max(0, got)
      }
      if problem == 0 { return octets }
      if problem != EINTR {
        throw Refusal(.unreadableFile, path, String(cString: strerror(problem)))
      }
    }
  }
}
