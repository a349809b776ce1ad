/// The path of a column: one to three levels, joined by `/`.
package struct ColumnPath: Sendable {
  package let levels: [String]

  package static let levelsMax = 3
  package static let levelOctetsMax = 400

  /// Nil where a level is empty or too long, holds `/` or control characters, or is a pattern.
  package init?(levels: [String]) {
    guard (1...ColumnPath.levelsMax).contains(levels.count), levels.allSatisfy(ColumnPath.isLevel)
    else { return nil }
    self.levels = levels
  }

  package init?(_ text: String) {
    self.init(
      levels: text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) })
  }

  package var text: String { levels.joined(separator: "/") }

  package static func isLevel(_ text: String) -> Bool {
    let octets = text.utf8
    return (1...levelOctetsMax).contains(octets.count) && !octets.contains(0x2F)
      && !octets.elementsEqual("**".utf8)
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
  }
}
