import FoundationEssentials
import NodeCore

/// The daemon's log: one line an event on standard error, with time, level and what it is about.
/// Callers pass no secrets.
package struct Log: Sendable {
  package enum Level: String, Sendable { case info, warning, error }

  private let isJSON: Bool
  private let offsetMinutes: Int
  private let now: @Sendable () -> Int64
  private let write: @Sendable (String) -> Void

  /// `now` is in milliseconds UTC; times are shown at the offset.
  package init(
    isJSON: Bool, offsetMinutes: Int, now: @escaping @Sendable () -> Int64,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isJSON = isJSON
    self.offsetMinutes = offsetMinutes
    self.now = now
    self.write = write
  }

  package func note(
    _ level: Level, _ event: String, _ details: KeyValuePairs<String, String> = [:]
  ) {
    let time = Log.timestamp(now(), offsetMinutes: offsetMinutes)
    if isJSON {
      var members = ["time": time, "level": level.rawValue, "event": event]
      for (name, value) in details { members[name] = value }
      write(String(decoding: AnswerJSON.encode(members), as: UTF8.self) + "\n")
    } else {
      var line = "\(time) \(level.rawValue) \(event)"
      for (name, value) in details { line += " \(name)=\(Log.quoted(value))" }
      write(line + "\n")
    }
  }

  /// A value as it is, quoted where it could be misread.
  private static func quoted(_ value: String) -> String {
    let line = TextTable.line(value)
    let isPlain = !line.isEmpty && !line.contains { $0 == " " || $0 == "\"" || $0 == "=" }
    return isPlain ? line : "\"" + line.split(separator: "\"").joined(separator: "'") + "\""
  }

  /// RFC 3339 with milliseconds and the offset.
  package static func timestamp(_ milliseconds: Int64, offsetMinutes: Int) -> String {
    let zone = TimeZone(secondsFromGMT: offsetMinutes * 60) ?? .gmt
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: zone)
      .year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .colon)
    return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(style)
  }
}
