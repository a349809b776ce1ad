/// The language of everything that people read. Never affects what programs read.
package enum Language: String, Sendable, CaseIterable {
  case zh, en

  /// The language that an option names, else the locale's (`LC_ALL`, `LC_MESSAGES`, `LANG`, the
  /// first that is set and not empty). Chinese for `zh…`, English for everything else.
  package init(option: String?, environment: [String: String]) {
    if let option, let named = Language(rawValue: option) {
      self = named
      return
    }
    let locale =
      ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
      .compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    self = locale.utf8.starts(with: "zh".utf8) ? .zh : .en
  }

  /// The first of the two that an `Accept-Language` field names; English where it names neither.
  package init(acceptLanguage field: String?) {
    let ranges = (field ?? "").split(separator: ",").map { $0.drop { $0 == " " } }
    let named = ranges.lazy.compactMap { Language(rawValue: String($0.prefix(2)).lowercased()) }
    self = named.first ?? .en
  }
}

/// One text in both languages.
package struct Words: Sendable, Equatable {
  package let zh: String
  package let en: String

  package init(zh: String, en: String) {
    self.zh = zh
    self.en = en
  }

  package subscript(_ language: Language) -> String {
    switch language {
    case .zh: zh
    case .en: en
    }
  }

  /// The text with `{0}`, `{1}` … replaced, in one pass; nil where a value is missing or empty.
  package func filled(_ language: Language, with values: [String]) -> String? {
    var isComplete = true
    let text = Words.fill(self[language], with: values, isComplete: &isComplete)
    return isComplete ? text : nil
  }

  static func fill(_ text: String, with values: [String], isComplete: inout Bool) -> String {
    var filled = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{") {
      filled += rest[..<open]
      let digit = rest.index(after: open)
      guard digit < rest.endIndex, let number = rest[digit].wholeNumberValue,
        let close = rest.index(digit, offsetBy: 1, limitedBy: rest.endIndex),
        close < rest.endIndex, rest[close] == "}"
      else {
        filled.append("{")
        rest = rest[digit...]
        continue
      }
      let value = number < values.count ? values[number] : ""
      if value.isEmpty { isComplete = false }
      filled += value
      rest = rest[rest.index(after: close)...]
    }
    return filled + rest
  }
}
