/// The ranges of octets that requests for blobs name. RFC 9110 §14: one range, in octets.
enum BlobRange {
  /// `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT` from the end, within a blob of that size;
  /// nil for anything else.
  static func requested(_ text: String, size: Int64) -> Range<Int64>? {
    guard let ends = ends(text, after: "bytes=") else { return nil }
    if ends[0].isEmpty {
      guard let count = number(ends[1]), count > 0, size > 0 else { return nil }
      return max(0, size - count)..<size
    }
    guard let first = number(ends[0]), first < size else { return nil }
    if ends[1].isEmpty { return first..<size }
    guard let last = number(ends[1]), last >= first else { return nil }
    return first..<(min(last, size - 1) + 1)
  }

  /// `bytes FIRST-LAST/SIZE`; nil for anything else.
  static func sent(_ text: String) -> (range: Range<Int64>, size: Int64)? {
    let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
    guard parts.count == 2, let size = number(Array(parts[1])),
      let ends = ends(String(decoding: parts[0], as: UTF8.self), after: "bytes "),
      let first = number(ends[0]), let last = number(ends[1]), first <= last, last < size
    else { return nil }
    return (first..<(last + 1), size)
  }

  static func field(_ range: Range<Int64>, of size: Int64) -> String {
    "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
  }

  static func request(_ range: Range<Int64>) -> String {
    "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
  }

  private static func ends(_ text: String, after prefix: String) -> [[UInt8]]? {
    guard text.utf8.starts(with: prefix.utf8) else { return nil }
    let ends = text.utf8.dropFirst(prefix.utf8.count)
      .split(separator: 0x2D, omittingEmptySubsequences: false).map { Array($0) }
    return ends.count == 2 ? ends : nil
  }

  /// Digits alone, few enough not to overflow.
  private static func number(_ digits: [UInt8]) -> Int64? {
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }
}
