/// Minute, hour, day of the month, month, day of the week, as cron(5) has them: `*`, lists, ranges,
/// steps, names of months and days. Days match where either day field does, if both are restricted.
package struct CronExpression: Sendable, Equatable {
  private let minutes: UInt64
  private let hours: UInt64
  private let days: UInt64
  private let months: UInt64
  private let weekdays: UInt64
  /// Whether a day must satisfy both day fields, since one of them begins with `*`.
  private let daysMustAgree: Bool

  package init(_ text: String) throws(SyncScheduleFault) {
    let fields = text.split(separator: " ").map(String.init)
    guard fields.count == 5 else { throw SyncScheduleFault(text) }
    minutes = try CronField.minute.set(fields[0])
    hours = try CronField.hour.set(fields[1])
    days = try CronField.day.set(fields[2])
    months = try CronField.month.set(fields[3])
    let weekdays = try CronField.weekday.set(fields[4])
    self.weekdays = weekdays >> 7 & 1 == 1 ? weekdays | 1 : weekdays
    daysMustAgree = fields[2].utf8.first == 0x2A || fields[4].utf8.first == 0x2A
    // The calendar repeats within a leap cycle: what does not come by then never does.
    if next(after: 0, offsetMinutes: 0) == nil { throw SyncScheduleFault(text) }
  }

  /// The next full minute that matches, in milliseconds UTC; nil where none comes in nine years.
  package func next(after time: Int64, offsetMinutes: Int) -> Int64? {
    let local = floorDivide(time, 60_000) + Int64(offsetMinutes) + 1
    let firstDay = floorDivide(local, 1440)
    for day in firstDay..<(firstDay + daysSearchedMax) where matches(day: day) {
      let begin = day == firstDay ? Int(local - firstDay * 1440) : 0
      for minute in begin..<1440 where matches(minuteOfDay: minute) {
        return (day * 1440 + Int64(minute) - Int64(offsetMinutes)) * 60_000
      }
    }
    return nil
  }

  private func matches(minuteOfDay minute: Int) -> Bool {
    hours >> UInt64(minute / 60) & 1 == 1 && minutes >> UInt64(minute % 60) & 1 == 1
  }

  private func matches(day: Int64) -> Bool {
    let date = CivilDay(daysSince1970: day)
    guard months >> UInt64(date.month) & 1 == 1 else { return false }
    // 1970-01-01 was a Thursday.
    let weekday = UInt64((day % 7 + 7 + 4) % 7)
    let dayMatches = days >> UInt64(date.day) & 1 == 1
    let weekdayMatches = weekdays >> weekday & 1 == 1
    return daysMustAgree ? dayMatches && weekdayMatches : dayMatches || weekdayMatches
  }
}

private let daysSearchedMax: Int64 = 9 * 366

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let quotient = a / b
  return a % b < 0 ? quotient - 1 : quotient
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDay {
  let month: Int
  let day: Int

  /// Counts in years that begin in March, so that the leap day is the last.
  init(daysSince1970 days: Int64) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * marchMonth + 2) / 5) + 1
    month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
  }
}

/// The range and the names of one field.
private enum CronField {
  case minute, hour, day, month, weekday

  private var range: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .day: 1...31
    case .month: 1...12
    case .weekday: 0...7
    }
  }

  private var names: [String] {
    switch self {
    case .minute, .hour, .day: []
    case .month:
      ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    }
  }

  /// The numbers of `*/5`, `1-5,7`, `mon-fri` as bits.
  func set(_ text: String) throws(SyncScheduleFault) -> UInt64 {
    var bits: UInt64 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "/", omittingEmptySubsequences: false)
      guard halves.count <= 2 else { throw SyncScheduleFault(text) }
      let step = halves.count == 2 ? number(halves[1]) : 1
      guard let step, (1...59).contains(step),
        let span = span(halves[0], hasStep: halves.count == 2)
      else { throw SyncScheduleFault(text) }
      for value in stride(from: span.lowerBound, through: span.upperBound, by: step) {
        bits |= 1 << UInt64(value)
      }
    }
    return bits
  }

  private func span(_ text: Substring, hasStep: Bool) -> ClosedRange<Int>? {
    if text == "*" { return self == .weekday ? 0...6 : range }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count <= 2, let first = value(ends[0]), let last = value(ends[ends.count - 1]),
      first <= last
    else { return nil }
    return first...(hasStep && ends.count == 1 ? range.upperBound : last)
  }

  private func value(_ text: Substring) -> Int? {
    if let index = names.firstIndex(of: text.lowercased()) {
      return index + range.lowerBound
    }
    guard let number = number(text), range.contains(number) else { return nil }
    return number
  }

  private func number(_ text: Substring) -> Int? {
    guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }
}
