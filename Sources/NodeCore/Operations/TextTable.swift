/// Columns of text for people, aligned in terminal cells: East Asian characters take two. Text of
/// others cannot move the cursor or change colours here: control characters become spaces.
package struct TextTable {
  package enum Alignment: Sendable { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]]

  package init(_ headers: [String], right: Set<Int> = []) {
    alignments = headers.indices.map { right.contains($0) ? .right : .left }
    rows = [headers.map(TextTable.line)]
  }

  package mutating func add(_ cells: [String]) {
    precondition(cells.count == alignments.count)
    rows.append(cells.map(TextTable.line))
  }

  /// The lines, headers first, without a final line end.
  package var text: String {
    let widths = alignments.indices.map { column in
      rows.map { TextTable.width($0[column]) }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - TextTable.width(cell))
        let isLast = column == row.count - 1
        switch alignments[column] {
        case .left: line += isLast ? cell : cell + padding + "  "
        case .right: line += padding + cell + (isLast ? "" : "  ")
        }
      }
      return TextTable.trimmed(line)
    }.joined(separator: "\n")
  }

  /// One line without control characters (C0, DEL, C1, line and direction marks).
  package static func line(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: scalars.append(" ")
      case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: continue
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  /// Several lines, each without control characters.
  package static func block(_ text: String) -> String {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line(String(String.UnicodeScalarView($0))) }.joined(separator: "\n")
  }

  /// The text cut to so many cells, with `…` where something is missing.
  package static func clipped(_ text: String, cellsMax: Int) -> String {
    guard width(text) > cellsMax else { return text }
    var kept = ""
    var cells = 1
    for character in text {
      cells += width(String(character))
      if cells > cellsMax { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// Terminal cells of one line. UAX #11, the blocks that occur in such text.
  package static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + cells($1) }
  }

  private static func cells(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x7F: 1
    case 0x200B...0x200D, 0xFE00...0xFE0F, 0x20D0...0x20FF: 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: 2
    case 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF: 2
    case 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6: 2
    case 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD: 2
    default:
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: 0
      default: 1
      }
    }
  }

  private static func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
