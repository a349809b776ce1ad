/// Reads JSON5: JSON with comments, unquoted keys, single quotes, trailing commas, `+` and
/// hexadecimal numbers. Refuses repeated keys, which JSON5 leaves open.
struct JSON5Parser {
  private let scalars: [Unicode.Scalar]
  private let lineBegins: [Int]
  private var position = 0
  private var depth = 0

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    self.scalars = scalars
    lineBegins = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
  }

  mutating func document() throws(JSON5Fault) -> JSON5 {
    if scalars.first == "\u{FEFF}" { position = 1 }
    try skipBlank()
    let value = try value()
    try skipBlank()
    guard position == scalars.count else {
      throw fault("文件末尾有多余内容", "something follows the value")
    }
    return value
  }

  private mutating func value() throws(JSON5Fault) -> JSON5 {
    let place = place(of: position)
    guard let first = peek() else { throw fault("缺少取值", "a value is missing") }
    switch first {
    case "{": return JSON5(.object(try object()), at: place)
    case "[": return JSON5(.array(try array()), at: place)
    case "\"", "'": return JSON5(.text(try string(quote: first)), at: place)
    default: return JSON5(try word(), at: place)
    }
  }

  private mutating func object() throws(JSON5Fault) -> [JSON5.Member] {
    var members: [JSON5.Member] = []
    try open()
    while try !closes("}") {
      let place = place(of: position)
      let key = try key()
      if members.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
        throw JSON5Fault(place, zh: "重复的键“\(key)”", en: "the key “\(key)” stands twice")
      }
      try skipBlank()
      guard take(":") else { throw fault("键后应为冒号", "a colon must follow the key") }
      try skipBlank()
      members.append(JSON5.Member(key: key, place: place, value: try value()))
      try separate("}")
    }
    return members
  }

  private mutating func array() throws(JSON5Fault) -> [JSON5] {
    var elements: [JSON5] = []
    try open()
    while try !closes("]") {
      elements.append(try value())
      try separate("]")
    }
    return elements
  }

  private mutating func open() throws(JSON5Fault) {
    position += 1
    depth += 1
    guard depth <= depthMax else { throw fault("嵌套过深", "nested too deeply") }
  }

  private mutating func closes(_ bracket: Unicode.Scalar) throws(JSON5Fault) -> Bool {
    try skipBlank()
    guard take(bracket) else { return false }
    depth -= 1
    return true
  }

  /// After a member: a comma, or the bracket that closes.
  private mutating func separate(_ bracket: Unicode.Scalar) throws(JSON5Fault) {
    try skipBlank()
    if take(",") || peek() == bracket { return }
    throw fault("此处应为逗号或“\(bracket)”", "a comma or “\(bracket)” is missing here")
  }

  private mutating func key() throws(JSON5Fault) -> String {
    if let quote = peek(), quote == "\"" || quote == "'" { return try string(quote: quote) }
    let begin = position
    let name = identifier()
    guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else {
      position = begin
      throw fault("此处应为键", "a key is missing here")
    }
    return name
  }

  private mutating func identifier() -> String {
    var name = String.UnicodeScalarView()
    while let next = peek(),
      next == "_" || next == "$" || next.properties.isXIDContinue
    {
      name.append(next)
      position += 1
    }
    return String(name)
  }

  /// `true`, `null`, `+1.5e3`, `0x1F`.
  private mutating func word() throws(JSON5Fault) -> JSON5.Value {
    let begin = position
    while let next = peek(),
      next == "+" || next == "-" || next == "." || next == "_" || next.properties.isXIDContinue
    {
      position += 1
    }
    let text = String(String.UnicodeScalarView(scalars[begin..<position]))
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default:
      if let number = JSON5Number.value(of: text) { return .number(number) }
      position = begin
      throw fault("取值不对(文字要加引号)", "this is no value (text needs quotes)")
    }
  }

  private mutating func string(quote: Unicode.Scalar) throws(JSON5Fault) -> String {
    let begin = position
    position += 1
    var text = String.UnicodeScalarView()
    while let next = peek() {
      if next == quote {
        position += 1
        return String(text)
      }
      if next == "\n" || next == "\r" { break }
      position += 1
      if next == "\\" {
        if let escaped = try escape() { text.append(escaped) }
      } else {
        text.append(next)
      }
    }
    position = begin
    throw fault("引号没有配对", "the quote is not closed")
  }

  /// What stands after a backslash; nil for a line continuation.
  private mutating func escape() throws(JSON5Fault) -> Unicode.Scalar? {
    guard let next = peek() else { return nil }
    position += 1
    switch next {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "0": return "\0"
    case "x": return try scalar(try hex(digits: 2))
    case "u": return try unicode()
    case "\r":
      _ = take("\n")
      return nil
    case "\n", "\u{2028}", "\u{2029}": return nil
    case "1"..."9": throw fault("转义不对", "a wrong escape")
    default: return next
    }
  }

  private mutating func unicode() throws(JSON5Fault) -> Unicode.Scalar {
    let unit = try hex(digits: 4)
    guard (0xD800..<0xDC00).contains(unit) else { return try scalar(unit) }
    guard take("\\"), take("u") else { throw fault("转义不对", "a wrong escape") }
    let low = try hex(digits: 4)
    guard (0xDC00..<0xE000).contains(low) else { throw fault("转义不对", "a wrong escape") }
    return try scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
  }

  private mutating func hex(digits: Int) throws(JSON5Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let next = peek(), let digit = JSON5Number.hexDigit(next) else {
        throw fault("转义不对", "a wrong escape")
      }
      position += 1
      value = value << 4 + UInt32(digit)
    }
    return value
  }

  private func scalar(_ value: UInt32) throws(JSON5Fault) -> Unicode.Scalar {
    guard let scalar = Unicode.Scalar(value) else { throw fault("转义不对", "a wrong escape") }
    return scalar
  }

  // MARK: Blank space and places

  private mutating func skipBlank() throws(JSON5Fault) {
    while let next = peek() {
      if next.properties.isWhitespace || next == "\u{FEFF}" {
        position += 1
      } else if next == "/", peek(1) == "/" {
        while let other = peek(), other != "\n" && other != "\r" { position += 1 }
      } else if next == "/", peek(1) == "*" {
        try skipBlockComment()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(JSON5Fault) {
    let begin = position
    position += 2
    while position < scalars.count {
      if scalars[position] == "*", peek(1) == "/" {
        position += 2
        return
      }
      position += 1
    }
    position = begin
    throw fault("注释没有结束", "the comment is not closed")
  }

  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    position += 1
    return true
  }

  private func place(of position: Int) -> JSON5.Place {
    let line = lineBegins.lastIndex { $0 <= position } ?? 0
    return JSON5.Place(line: line + 1, column: position - lineBegins[line] + 1)
  }

  private func fault(_ zh: String, _ en: String) -> JSON5Fault {
    JSON5Fault(place(of: position), zh: zh, en: en)
  }
}

private let depthMax = 32
