import Bytes

/// When a cell was written, in hybrid logical time (milliseconds UTC), and by which site.
/// Ordered by time, then author.
package struct Stamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let time: Int64
  package let author: SiteCode

  package init(time: Int64, author: SiteCode) {
    self.time = time
    self.author = author
  }

  package static func < (a: Stamp, b: Stamp) -> Bool {
    a.time != b.time ? a.time < b.time : a.author < b.author
  }

  package var description: String { "\(time)@\(author)" }
}

extension CBORReader {
  /// Milliseconds since 1970, never negative.
  package mutating func time() throws(Malformed) -> Int64 {
    let start = offset
    let value = try integer()
    guard value >= 0 else { throw Malformed("a time before 1970", at: start) }
    return value
  }

  /// A stamp's two fields, where they stand next to each other.
  package mutating func stamp() throws(Malformed) -> Stamp {
    let time = try self.time()
    return Stamp(time: time, author: try siteCode())
  }
}

extension CBORWriter {
  package mutating func stamp(_ stamp: Stamp) {
    integer(stamp.time)
    text(stamp.author.text)
  }
}
