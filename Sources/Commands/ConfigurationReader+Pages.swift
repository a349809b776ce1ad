import HTTPCore
import NodeCore

extension ConfigurationReader {
  private static let keys = ["check_every", "directory", "id_code", "url"]

  /// `{ directory: "/srv/www", url: "https://www.example.gov.cn", … }`; null for no pages.
  func pages(_ value: JSON5) throws(Refusal) -> PageSettings? {
    if case .null = value.value { return nil }
    var directory: String?
    var settings = PageSettings(directory: "")
    for member in try members(value, keys: Self.keys) {
      let value = member.value
      switch member.key {
      case "directory": directory = try text(value, "\"/srv/www\"", where: Self.isDirectory)
      case "url": settings.url = try address(value)
      case "id_code":
        settings.identification = try text(value, "\"3604230001\"", where: Self.isCode)
      default: settings.checkMilliseconds = try interval(value)
      }
    }
    guard let directory else { throw wrong(value, "{ directory: \"/srv/www\" }") }
    settings.directory = directory
    return settings
  }

  private func address(_ value: JSON5) throws(Refusal) -> BaseURL? {
    guard let text = try optionalText(value) else { return nil }
    guard let url = try? BaseURL(text) else { throw wrong(value, "\"https://www.example.gov.cn\"") }
    return url
  }

  private func interval(_ value: JSON5) throws(Refusal) -> Int64 {
    let duration = try duration(value)
    guard duration >= 1000 else { throw wrong(value, "\"1s\" … \"1d\"") }
    return duration
  }

  /// Not the root of the file system.
  private static func isDirectory(_ text: String) -> Bool {
    text.utf8.contains { $0 != 0x2F && $0 != 0x2E } && !text.utf8.contains(0)
  }

  private static func isCode(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
  }
}
