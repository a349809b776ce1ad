/// IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`: the only form that is sent, and the only one
/// read here. RFC 9110 §5.6.7.
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `seconds` since 1970; years 1970 to 9999.
  package static func format(_ seconds: Int64) -> String {
    let seconds = min(max(seconds, 0), 253_402_300_799)
    let day = Int(seconds / 86_400)
    let time = Int(seconds % 86_400)
    let (year, month, date) = civil(fromDay: day)
    return "\(days[day % 7]), \(two(date)) \(months[month - 1]) \(four(year)) "
      + "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }

  /// Seconds since 1970; nil for any other form or an impossible date.
  package static func parse(_ text: String) -> Int64? {
    let octets = Array(text.utf8)
    guard octets.count == 29, octets[26...].elementsEqual("GMT".utf8),
      let month = months.firstIndex(where: { octets[8..<11].elementsEqual($0.utf8) }),
      let date = decimalNumber(octets[5..<7]), let year = decimalNumber(octets[12..<16]),
      let hour = decimalNumber(octets[17..<19]), let minute = decimalNumber(octets[20..<22]),
      let second = decimalNumber(octets[23..<25]), hour < 24, minute < 60, second <= 60
    else { return nil }
    let day = days(untilYear: year, month: month + 1, date: date)
    let seconds = Int64(day) * 86_400 + Int64(hour * 3_600 + minute * 60 + min(second, 59))
    let normal = second == 60 ? String(text.dropLast(6)) + "59 GMT" : text
    // Separators, the day's name and the month's length are right where it prints the same.
    return year >= 1970 && format(seconds) == normal ? seconds : nil
  }

  /// The day that a second belongs to, years 1970 to 9999.
  static func civil(_ seconds: Int64) -> (year: Int, month: Int, date: Int) {
    civil(fromDay: Int(min(max(seconds, 0), 253_402_300_799) / 86_400))
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func four(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 4 - "\(number)".utf8.count)) + "\(number)"
  }

  /// Days from 1970-01-01, in the Gregorian calendar counted from 1 March of the year 0.
  private static func days(untilYear year: Int, month: Int, date: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
    return y * 365 + y / 4 - y / 100 + y / 400 + dayOfYear - 719_468
  }

  private static func civil(fromDay day: Int) -> (year: Int, month: Int, date: Int) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
