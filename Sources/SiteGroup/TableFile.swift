/// What is wrong with one row of a file; `line` counts from 1.
package struct RowFault: Error, Sendable, Equatable {
  package enum What: Sendable, Equatable {
    /// The first line does not name these columns.
    case header([String])
    case missing(String)
    case value(String, String)
    case unknownMode(String)
    /// The same as an earlier line.
    case repeats(Int)
    case tooManyCells(Int)
  }

  package let line: Int
  package let what: What

  package init(line: Int, _ what: What) {
    self.line = line
    self.what = what
  }
}

/// Everything that is wrong with a file; nothing of it is taken.
package struct RowFaults: Error, Sendable, Equatable {
  package let faults: [RowFault]

  package init(_ faults: [RowFault]) { self.faults = faults }
}

/// Cells separated by tabs, one row a line, under a header that must be there. Takes a byte order
/// mark, CRLF and empty lines as they come.
struct TableFile {
  struct Row {
    let line: Int
    /// As printed, as many as the header has.
    let cells: [String]
  }

  private(set) var rows: [Row] = []
  private(set) var faults: [RowFault] = []

  /// The last `optionalCount` cells of a row may be left out.
  init(_ text: String, header: [String], optionalCount: Int) throws(RowFaults) {
    var octets = Array(text.utf8)[...]
    if octets.starts(with: [0xEF, 0xBB, 0xBF]) { octets = octets.dropFirst(3) }
    let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { $0.last == 0x0D ? $0.dropLast() : $0 }
    guard let first = lines.first, TableFile.cells(of: first).elementsEqual(header, by: ==) else {
      throw RowFaults([RowFault(line: 1, .header(header))])
    }
    for (index, line) in lines.enumerated().dropFirst()
    where !line.allSatisfy({ $0 == 0x09 || $0 == 0x20 }) {
      add(TableFile.cells(of: line), index + 1, header, header.count - optionalCount)
    }
  }

  private mutating func add(_ cells: [String], _ line: Int, _ header: [String], _ countMin: Int) {
    guard cells.count >= countMin else {
      faults.append(RowFault(line: line, .missing(header[cells.count])))
      return
    }
    guard cells.dropFirst(header.count).allSatisfy(\.isEmpty) else {
      faults.append(RowFault(line: line, .tooManyCells(cells.count)))
      return
    }
    let missing = Array(repeating: "", count: max(0, header.count - cells.count))
    rows.append(Row(line: line, cells: Array((cells + missing).prefix(header.count))))
  }

  private static func cells(of line: ArraySlice<UInt8>) -> [String] {
    line.split(separator: 0x09, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Text in the cells of a catalogue.
package enum PrintedText {
  /// Without spaces around it, ideographic ones too.
  package static func trimmed(_ text: String) -> String {
    let spaces: [Unicode.Scalar] = [" ", "\u{3000}", "\u{A0}"]
    var scalars = Substring(text).unicodeScalars
    while let last = scalars.last, spaces.contains(last) { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars.drop { spaces.contains($0) }))
  }

  /// The parts between `、`, but not inside parentheses or quotation marks: `各县(市、区)政府` is one.
  package static func parts(of text: String) -> [String] {
    var parts: [String] = []
    var part = String.UnicodeScalarView()
    var depth = 0
    for scalar in text.unicodeScalars {
      switch scalar {
      case "(", "（", "“", "《": depth += 1
      case ")", "）", "”", "》": depth = max(0, depth - 1)
      default: break
      }
      if scalar == "、", depth == 0 {
        parts.append(String(part))
        part.removeAll()
      } else {
        part.append(scalar)
      }
    }
    parts.append(String(part))
    return parts.map(trimmed).filter { !$0.isEmpty }
  }
}
