/// Texts that mean something to a browser, a terminal, a database, a log, or a header's reader.
enum HostileTexts {
  static let all = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "'; DROP TABLE records; --", "x' OR '1'='1", "a\r\nSet-Cookie: x=1\r\n\r\n<b>",
    "\u{1B}[2J\u{1B}]0;t\u{7}\u{9B}31m", "\u{202E}fdp.exe\u{2066}", "%s%n{0}{1}${jndi:x}",
    "$(id)`id`|id;#", "\u{2028}x\u{2029}", "\\u0000\\\\", "]]><!-- --> <?xml?> &lt;&#60;&bogus;",
    "e\u{301}\u{FEFF}\u{FFFE}\u{FFFF}\u{10FFFD}", String(repeating: "长", count: 120),
    String(repeating: "W", count: 390), "../../etc/passwd", "-rf", "--json", "",
  ]

  /// The line of JSON for a text, with its odd characters escaped.
  static func json(_ text: String) -> String {
    let units = text.utf16.map { unit -> String in
      let isPlain = (0x20...0x7E).contains(unit) && unit != 0x22 && unit != 0x5C
      if isPlain { return String(UnicodeScalar(UInt8(unit))) }
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return "\"\(units.joined())\""
  }

  /// Octets that would move a terminal's cursor, or turn its text round.
  static func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x0A: true
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: false
      default: true
      }
    }
  }
}
