/// The times of the day at which what is no order may go over a link. Knows no clock.
package struct SyncWindow: Sendable, Equatable {
  /// Minutes of the day, from 0; the end is after the beginning, and may be on the next day.
  private let ranges: [Range<Int64>]
  /// As it was written.
  package let text: String

  /// Each `22:00-06:00`; one at least. An end that is not after its beginning is of the next day.
  package init(_ texts: [String]) throws(SyncScheduleFault) {
    guard (1...24).contains(texts.count) else { throw SyncScheduleFault("") }
    var ranges: [Range<Int64>] = []
    for text in texts {
      let ends = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
      guard ends.count == 2, let start = SyncWindow.minute(Array(ends[0])), start < day,
        let end = SyncWindow.minute(Array(ends[1])), start != end
      else { throw SyncScheduleFault(text) }
      ranges.append(start..<(end > start ? end : end + day))
    }
    self.ranges = ranges
    text = texts.joined(separator: ", ")
  }

  package func isOpen(at time: Int64, offsetMinutes: Int) -> Bool {
    let minute = SyncWindow.minuteOfDay(time, offsetMinutes)
    return ranges.contains { $0.contains(minute) || $0.contains(minute + day) }
  }

  /// The next beginning of a window, in milliseconds UTC.
  package func nextOpening(after time: Int64, offsetMinutes: Int) -> Int64 {
    let minute = SyncWindow.minuteOfDay(time, offsetMinutes)
    let waits = ranges.map { range in
      range.lowerBound > minute ? range.lowerBound - minute : range.lowerBound + day - minute
    }
    let intoMinute = SyncWindow.modulo(time, 60_000)
    return time - intoMinute + (waits.min() ?? day) * 60_000
  }

  private static func minuteOfDay(_ time: Int64, _ offsetMinutes: Int) -> Int64 {
    modulo(time + Int64(offsetMinutes) * 60_000, day * 60_000) / 60_000
  }

  private static func modulo(_ a: Int64, _ b: Int64) -> Int64 { (a % b + b) % b }

  /// `06:00`, up to `24:00`.
  private static func minute(_ octets: [UInt8]) -> Int64? {
    guard octets.count == 5, octets[2] == 0x3A else { return nil }
    let digits = [0, 1, 3, 4].map { Int64(octets[$0]) - 0x30 }
    guard digits.allSatisfy({ (0...9).contains($0) }), digits[2] < 6 else { return nil }
    let minute = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
    return minute <= day ? minute : nil
  }
}

private let day: Int64 = 1440
