/// The name that an operator goes by on a command line: 1–64 octets of letters, digits, `.`, `_`,
/// `-` and `@`, letters of any script.
package struct OperatorName: Hashable, Sendable {
  package let text: String

  package static let octetsMax = 64

  package init?(_ text: String) {
    guard (1...OperatorName.octetsMax).contains(text.utf8.count),
      text.unicodeScalars.allSatisfy(OperatorName.isAllowed)
    else { return nil }
    self.text = text
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2D, 0x2E, 0x5F, 0x40: true
    default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
  }

  package static func == (a: OperatorName, b: OperatorName) -> Bool {
    a.text.utf8.elementsEqual(b.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for octet in text.utf8 { hasher.combine(octet) }
  }
}
