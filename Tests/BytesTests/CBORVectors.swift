/// An item and its diagnostic notation. RFC 8949 appendix A, those that are deterministic.
struct CBORVector: Sendable, CustomStringConvertible {
  let encoded: String
  let diagnostic: String

  var description: String { diagnostic }

  static let accepted: [CBORVector] = [
    ("00", "0"), ("01", "1"), ("0a", "10"), ("17", "23"), ("1818", "24"), ("1819", "25"),
    ("1864", "100"), ("1903e8", "1000"), ("1a000f4240", "1000000"),
    ("1b000000e8d4a51000", "1000000000000"), ("1bffffffffffffffff", "18446744073709551615"),
    ("3bffffffffffffffff", "-18446744073709551616"), ("20", "-1"), ("29", "-10"),
    ("3863", "-100"), ("3903e7", "-1000"), ("f4", "false"), ("f5", "true"), ("f6", "null"),
    ("40", "h''"), ("4401020304", "h'01020304'"), ("60", #""""#), ("6161", #""a""#),
    ("6449455446", #""IETF""#), ("62225c", #""\"\\""#), ("62c3bc", #""ü""#),
    ("63e6b0b4", #""水""#), ("64f0908591", "\"\u{10151}\""), ("80", "[]"),
    ("83010203", "[1, 2, 3]"), ("8301820203820405", "[1, [2, 3], [4, 5]]"),
    (
      "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
      "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]"
    ),
    ("a0", "{}"), ("a201020304", "{1: 2, 3: 4}"),
    ("a26161016162820203", #"{"a": 1, "b": [2, 3]}"#),
    ("826161a161626163", #"["a", {"b": "c"}]"#),
    (
      "a56161614161626142616361436164614461656145",
      #"{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}"#
    ),
  ].map { CBORVector(encoded: $0.0, diagnostic: $0.1) }

  /// What stands in RFC 8949 appendix A but is not of this profile, and hostile input.
  static let refused: [(encoded: String, what: String)] = [
    ("", "truncated"),
    // Floats, undefined, other simple values, tags, bignums, indefinite lengths.
    ("f90000", "unknown simple value"), ("fb3ff199999999999a", "unknown simple value"),
    ("f7", "unknown simple value"), ("f0", "unknown simple value"),
    ("f8ff", "unknown simple value"), ("ff", "unknown simple value"),
    ("c074323031332d30332d32315432303a30343a30305a", "tag"), ("c249010000000000000000", "tag"),
    ("5f42010243030405ff", "indefinite length"), ("9fff", "indefinite length"),
    ("bfff", "indefinite length"), ("7f657374726561ff", "indefinite length"),
    // Reserved and overlong heads.
    ("1c", "reserved head"), ("5d", "reserved head"), ("9e", "reserved head"),
    ("1817", "overlong head"), ("190018", "overlong head"), ("1900ff", "overlong head"),
    ("1a0000ffff", "overlong head"), ("1b00000000ffffffff", "overlong head"),
    ("3800", "overlong head"), ("580100", "overlong head"), ("780161", "overlong head"),
    ("980100", "overlong head"), ("b8010000", "overlong head"),
    // Lengths and counts that the input does not have.
    ("5bffffffffffffffff", "string longer than the input"),
    ("5b7fffffffffffffff", "string longer than the input"),
    ("7a7fffffff", "string longer than the input"), ("4201", "string longer than the input"),
    ("9bffffffffffffffff", "array longer than the input"),
    ("9b7fffffffffffffff00", "array longer than the input"),
    ("8200", "array longer than the input"),
    ("bbffffffffffffffff", "map longer than the input"),
    ("bb7fffffffffffffff0000", "map longer than the input"), ("a100", "map longer than the input"),
    ("a2000001", "map longer than the input"),
    ("18", "truncated"), ("1903", "truncated"), ("1b00000001000000", "truncated"),
    // Map keys out of order, or twice.
    ("a202000100", "map keys out of order"), ("a201000100", "map keys out of order"),
    ("a262616100616200", "map keys out of order"),
    ("a220000000", "map keys out of order"), ("81a16161a2616200616100", "map keys out of order"),
    // Text that is not UTF-8: stray, truncated, overlong, surrogate, too great.
    ("6180", "invalid UTF-8"), ("61ff", "invalid UTF-8"), ("61c3", "invalid UTF-8"),
    ("62c0af", "invalid UTF-8"), ("63e09f80", "invalid UTF-8"), ("63eda080", "invalid UTF-8"),
    ("63edbfbf", "invalid UTF-8"), ("64f08f8080", "invalid UTF-8"),
    ("64f4908080", "invalid UTF-8"), ("64f5808080", "invalid UTF-8"), ("62e6b0", "invalid UTF-8"),
    ("6a6161616161616161c361", "invalid UTF-8"),
    // More than one item.
    ("0000", "trailing bytes"), ("8000", "trailing bytes"),
  ]
}
