/// A moment as people and programs write it; inside it is milliseconds UTC.
///
/// Written as RFC 3339 with offset. Read as that, or without seconds, fraction or offset, or as a
/// day alone (its beginning). What has no offset is read at the node's.
package enum Timestamp {
  /// `2023-01-17T09:00:00+08:00`; milliseconds only where there are any.
  package static func format(_ time: Int64, offsetMinutes: Int) -> String {
    // A record of another node may hold any number: at the end of time there is no zone.
    let (sum, isOver) = time.addingReportingOverflow(Int64(offsetMinutes) * 60_000)
    let local = isOver ? time : sum
    let (day, ofDay) = floorDivided(local, by: dayMilliseconds)
    let (year, month, date) = civil(day)
    var text = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(date, 2)
    text += "T" + padded(ofDay / 3_600_000, 2) + ":" + padded(ofDay / 60_000 % 60, 2)
    text += ":" + padded(ofDay / 1000 % 60, 2)
    if ofDay % 1000 != 0 { text += "." + padded(ofDay % 1000, 3) }
    if offsetMinutes == 0 { return text + "Z" }
    let minutes = Int64(abs(offsetMinutes))
    return text + (offsetMinutes < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":"
      + padded(minutes % 60, 2)
  }

  /// Nil for what is no such text, or no day of the calendar.
  package static func parse(_ text: String, offsetMinutes: Int) -> Int64? {
    var reading = Reading(octets: Array(text.utf8)[...])
    guard let day = reading.day() else { return nil }
    var time = day * dayMilliseconds
    if reading.octets.isEmpty { return time - Int64(offsetMinutes) * 60_000 }
    guard reading.take(anyOf: [0x54, 0x74, 0x20]) != nil, let ofDay = reading.timeOfDay() else {
      return nil
    }
    time += ofDay
    if reading.octets.isEmpty { return time - Int64(offsetMinutes) * 60_000 }
    guard let offset = reading.offset(), reading.octets.isEmpty else { return nil }
    return time - offset * 60_000
  }

  private static let dayMilliseconds: Int64 = 86_400_000

  /// Takes the parts of a moment from the front of its octets.
  private struct Reading {
    var octets: ArraySlice<UInt8>

    mutating func take(anyOf wanted: [UInt8]) -> UInt8? {
      guard let first = octets.first, wanted.contains(first) else { return nil }
      octets.removeFirst()
      return first
    }

    mutating func number(digits: Int, in range: ClosedRange<Int64>) -> Int64? {
      let digitOctets = octets.prefix(digits)
      guard digitOctets.count == digits, digitOctets.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      octets = octets.dropFirst(digits)
      let value = digitOctets.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
      return range.contains(value) ? value : nil
    }

    /// Days since 1970.
    mutating func day() -> Int64? {
      guard let year = number(digits: 4, in: 1...9999), take(anyOf: [0x2D]) != nil,
        let month = number(digits: 2, in: 1...12), take(anyOf: [0x2D]) != nil,
        let date = number(digits: 2, in: 1...31), date <= Timestamp.days(inMonth: month, of: year)
      else { return nil }
      return Timestamp.days(year, month, date)
    }

    /// Milliseconds since midnight. A leap second counts as the next.
    mutating func timeOfDay() -> Int64? {
      guard let hour = number(digits: 2, in: 0...23), take(anyOf: [0x3A]) != nil,
        let minute = number(digits: 2, in: 0...59)
      else { return nil }
      var time = (hour * 60 + minute) * 60_000
      guard take(anyOf: [0x3A]) != nil else { return time }
      guard let second = number(digits: 2, in: 0...60) else { return nil }
      time += second * 1000
      guard take(anyOf: [0x2E]) != nil else { return time }
      let fraction = octets.prefix { (0x30...0x39).contains($0) }
      guard (1...9).contains(fraction.count) else { return nil }
      octets = octets.dropFirst(fraction.count)
      let digits = fraction.prefix(3).map { Int64($0 - 0x30) } + [0, 0, 0]
      return time + digits[0] * 100 + digits[1] * 10 + digits[2]
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
      guard let sign = take(anyOf: [0x5A, 0x7A, 0x2B, 0x2D]) else { return nil }
      if sign == 0x5A || sign == 0x7A { return 0 }
      guard let hours = number(digits: 2, in: 0...23) else { return nil }
      _ = take(anyOf: [0x3A])
      guard let minutes = number(digits: 2, in: 0...59) else { return nil }
      return (sign == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }
  }
}

// MARK: the calendar

extension Timestamp {
  /// Days since 1970 of a day of the proleptic Gregorian calendar.
  package static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
    // Years begin in March, so that the leap day is their last.
    let shifted = month > 2 ? year : year - 1
    let (era, yearOfEra) = floorDivided(shifted, by: 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The day of the calendar that is so many days after 1970-01-01.
  package static func civil(_ days: Int64) -> (year: Int64, month: Int64, date: Int64) {
    let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
    )
  }

  package static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  private static func floorDivided(
    _ value: Int64, by divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
