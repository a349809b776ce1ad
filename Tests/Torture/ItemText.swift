/// The texts of an item, made from its token and version: what was never asked for is told at once.
enum ItemText {
  static func title(_ token: String, _ version: Int) -> String { "\(token) 第\(version)版" }

  static func body(_ token: String, _ version: Int) -> String {
    let count = 3 + (version * 7 + token.utf8.count * 5) % 40
    let clause = "\(token)之\(version)：整治提升农村人居环境，推进政务公开。"
    return "<p>" + String(repeating: clause, count: count) + "</p>"
  }

  /// Token and version of a title; nil for one that nobody asked for.
  static func parse(_ title: String) -> (token: String, version: Int)? {
    let parts = title.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("第"), parts[1].hasSuffix("版"),
      let version = Int(parts[1].dropFirst().dropLast())
    else { return nil }
    return (String(parts[0]), version)
  }

  /// A line of an import. Tokens need no escapes.
  static func line(_ token: String, _ version: Int, column: String, attachment: String?) -> String {
    let files = attachment.map { #","attachments":["\#($0)"]"# } ?? ""
    return #"{"external_id":"\#(token)","column":"\#(column)","title":"\#(title(token, version))","#
      + #""body":"\#(body(token, version))","published_at":"2023-05-04T09:00:00+08:00"\#(files)}"#
  }
}
