import HTTPCore

/// Why an operation did not do what it was asked, and about what. Carries no secret.
package struct Refusal: Error, Sendable, Equatable {
  package let reason: Reason
  /// What it is about: an id, a path, an option.
  package let subject: String
  /// What else the reason's words name.
  package let details: [String]
  /// What else is wrong with the same call; each adds a line to the message.
  package private(set) var others: [Refusal] = []

  package init(_ reason: Reason, _ subject: String = "", _ details: String...) {
    self.reason = reason
    self.subject = subject
    self.details = details
  }

  /// The first of several, with the others.
  package init?(all refusals: [Refusal]) {
    guard let first = refusals.first else { return nil }
    self = first
    others = Array(refusals.dropFirst().prefix(Refusal.othersMax))
  }

  private static let othersMax = 99

  package init(_ reason: Reason, _ subject: String, details: [String]) {
    self.reason = reason
    self.subject = subject
    self.details = details
  }

  /// The same with other words for what it names.
  package func mapped(_ body: (String) -> String) -> Refusal {
    var mapped = Refusal(reason, body(subject), details: details.map(body))
    mapped.others = others.map { $0.mapped(body) }
    return mapped
  }

  /// The reason's words: `{0}` is the subject, `{1}` … the details. One line for each refusal.
  package func message(_ language: Language) -> String {
    var isComplete = true
    let words = Words.fill(
      reason.facts.words[language], with: values(language), isComplete: &isComplete)
    let line = words.replacing("\n", with: " ")
    return ([line] + others.map { $0.message(language) }).joined(separator: "\n")
  }

  /// What to do about it; empty where there is nothing to say, or a word of it is missing.
  package func hint(_ language: Language) -> String {
    reason.facts.hint?.filled(language, with: values(language)) ?? ""
  }

  /// What the words name: not longer than people read, causes in their language.
  private func values(_ language: Language) -> [String] {
    let details = reason.tellsCause ? details.map { CauseWords.text($0, language) } : details
    return ([subject] + details).map { TextTable.clipped($0, cellsMax: Refusal.valueCellsMax) }
  }

  private static let valueCellsMax = 240
}

/// A refusal as other programs see it: `{"error":{"class","code","subject","message","hint"}}`.
package struct ErrorReport: Codable, Sendable, Equatable {
  package struct Members: Codable, Sendable, Equatable {
    package let problem: String
    package let code: String
    package let subject: String
    package let message: String
    package let hint: String

    enum CodingKeys: String, CodingKey {
      case problem = "class"
      case code, subject, message, hint
    }
  }

  package let error: Members

  package init(_ refusal: Refusal, _ language: Language) {
    error = Members(
      problem: refusal.reason.facts.problem.rawValue, code: refusal.reason.rawValue,
      subject: refusal.subject, message: refusal.message(language), hint: refusal.hint(language))
  }

  private init(_ error: Members) {
    self.error = error
  }

  /// The same with other words in the texts for people.
  package func mapped(_ body: (String) -> String) -> ErrorReport {
    ErrorReport(
      Members(
        problem: error.problem, code: error.code, subject: body(error.subject),
        message: body(error.message), hint: body(error.hint)))
  }

  /// The exit status of the code; 4 for one that this version does not know.
  package var exitStatus: Int32 {
    Reason(rawValue: error.code)?.facts.exitStatus ?? 4
  }
}
