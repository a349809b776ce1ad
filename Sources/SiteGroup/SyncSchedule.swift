/// When a node synchronizes: at an interval, or as a cron expression says. Knows no clock.
package enum SyncSchedule: Sendable, Equatable {
  case every(milliseconds: Int64)
  case cron(CronExpression)

  /// `15m`, `1h30m`, or five cron fields.
  package init(_ text: String) throws(SyncScheduleFault) {
    if text.contains(" ") {
      self = .cron(try CronExpression(text))
    } else {
      let milliseconds = try SyncSchedule.duration(text)
      guard (intervalMillisecondsMin...intervalMillisecondsMax).contains(milliseconds) else {
        throw SyncScheduleFault(text)
      }
      self = .every(milliseconds: milliseconds)
    }
  }

  /// The next time, in milliseconds UTC. Cron fields are read at the offset east of UTC.
  package func next(after time: Int64, offsetMinutes: Int) -> Int64? {
    switch self {
    case .every(let milliseconds):
      let (next, overflow) = time.addingReportingOverflow(milliseconds)
      return overflow ? nil : next
    case .cron(let expression):
      return expression.next(after: time, offsetMinutes: offsetMinutes)
    }
  }

  /// `90s`, `1h30m`, `2d`, `500ms`: parts from great to small, each unit once.
  package static func duration(_ text: String) throws(SyncScheduleFault) -> Int64 {
    var rest = Array(text.utf8)[...]
    var total: Int64 = 0
    var lastUnit = Int64.max
    guard !rest.isEmpty else { throw SyncScheduleFault(text) }
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { !(0x30...0x39).contains($0) }
      rest = rest.dropFirst(letters.count)
      let unitName = String(decoding: letters, as: UTF8.self)
      guard (1...9).contains(digits.count), let unit = unitMilliseconds(unitName),
        unit < lastUnit, let number = Int64(String(decoding: digits, as: UTF8.self))
      else { throw SyncScheduleFault(text) }
      lastUnit = unit
      total += number * unit
    }
    return total
  }

  private static func unitMilliseconds(_ name: String) -> Int64? {
    switch name {
    case "d": 86_400_000
    case "h": 3_600_000
    case "m": 60_000
    case "s": 1000
    case "ms": 1
    default: nil
    }
  }
}

private let intervalMillisecondsMin: Int64 = 1000
private let intervalMillisecondsMax: Int64 = 31 * 86_400_000

/// A text that is no schedule; `part` is what is wrong in it.
package struct SyncScheduleFault: Error, Equatable, Sendable {
  package let part: String

  package init(_ part: String) {
    self.part = part
  }
}
