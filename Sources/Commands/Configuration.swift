import NodeCore
import SiteGroup

/// What `sitegroup.json5` in a node's directory says. Every key may be left out; unknown ones are
/// refused. The secret of an object store is one that no description shows.
package struct Configuration: Sendable, Equatable {
  package enum Repost: String, Sendable, CaseIterable {
    /// A mandated item is placed as soon as it arrives.
    case auto
    /// It is placed when an operator runs `repost run`.
    case manual
  }

  package enum Review: String, Sendable, CaseIterable {
    /// Whoever may publish may publish their own.
    case none
    /// Only another than the editor publishes an item.
    case required
  }

  /// `HOST:PORT` that `serve` listens on.
  package var listen = "127.0.0.1:8700"
  /// The URL of the upstream; a node without it has none.
  package var upstream: String?
  package var schedule = SyncSchedule.every(milliseconds: 15 * 60_000)
  /// The greatest random delay that is added to each scheduled time.
  package var jitterMilliseconds: Int64 = 30_000
  /// Whether the node holds a long poll at its upstream and syncs as soon as something changes.
  package var watch = true
  /// Minutes east of UTC: how times are shown, and read where they carry no offset.
  package var timeZoneMinutes = 480
  package var repost = Repost.auto
  package var review = Review.none
  /// At most so many octets of attachments a second, each way; nil for as fast as it goes.
  package var blobBytesPerSecond: Int64?
  /// When what is no order may go to and come from the upstream by itself; nil for always.
  package var window: SyncWindow?
  /// At most so many octets of records a second, each way; nil for as fast as it goes.
  package var bytesPerSecond: Int64?
  /// An object store for attachments; nil keeps them in the node's directory.
  package var objectStore: ObjectStoreConfiguration?
  /// What each child may ask of this node.
  package var siteLimits = SiteLimits()
  /// A file of certificates for https; a relative path begins at the node's directory.
  package var certificatesFile: String?

  /// Where this node publishes pages; nil for nowhere. A relative path begins at its directory.
  package var pages: PageSettings?

  package init() {}

  package static let fileName = "sitegroup.json5"
  static let fileBytesMax = 1 << 16

  static let keys = [
    "blob_bytes_per_second", "blobs", "bytes_per_second", "jitter", "limits", "listen", "pages",
    "repost", "review", "schedule", "time_zone", "tls", "upstream", "watch", "window",
  ]

  /// Reads the text of a file; the path is for messages alone.
  package init(_ text: String, path: String, language: Language) throws(Refusal) {
    let document: JSON5
    do {
      document = try JSON5(text)
    } catch {
      throw Refusal(.configInvalid, path, "\(error.place): \(error.words[language])")
    }
    let reader = ConfigurationReader(path: path, language: language)
    for member in try reader.members(document, keys: Configuration.keys) {
      try read(member, reader)
    }
  }

  private mutating func read(
    _ member: JSON5.Member, _ reader: ConfigurationReader
  ) throws(Refusal) {
    switch member.key {
    case "listen": listen = try reader.text(member.value)
    case "upstream": upstream = try reader.optionalText(member.value)
    case "schedule": schedule = try reader.schedule(member.value)
    case "jitter": jitterMilliseconds = try reader.duration(member.value)
    case "watch": watch = try reader.bool(member.value)
    case "time_zone": timeZoneMinutes = try reader.timeZone(member.value)
    case "blob_bytes_per_second": blobBytesPerSecond = try reader.rate(member.value)
    case "bytes_per_second": bytesPerSecond = try reader.rate(member.value)
    case "window": window = try reader.window(member.value)
    case "blobs": objectStore = try reader.blobs(member.value)
    case "limits": siteLimits = try reader.limits(member.value)
    case "tls": certificatesFile = try reader.certificates(member.value)
    case "pages": pages = try reader.pages(member.value)
    case "review": review = try reader.choice(member.value, Review.self)
    default: repost = try reader.choice(member.value, Repost.self)
    }
  }
}

/// Reads single values of the file, and says where one is wrong.
struct ConfigurationReader {
  let path: String
  let language: Language

  func wrong(_ value: JSON5, _ expected: String) -> Refusal {
    let words = Words(zh: "此处应为 \(expected)", en: "expected here: \(expected)")
    return Refusal(.configInvalid, path, "\(value.place): \(words[language])")
  }

  /// The members of an object, whose keys are all among those.
  func members(_ value: JSON5, keys: [String]) throws(Refusal) -> [JSON5.Member] {
    guard case .object(let members) = value.value else { throw wrong(value, "{ … }") }
    for member in members where !keys.contains(member.key) {
      let nearest = NearestName.of(member.key, among: keys) ?? ""
      throw Refusal(.configUnknownKey, member.key, "\(path):\(member.place)", nearest)
    }
    return members
  }

  func text(
    _ value: JSON5, _ expected: String, where isRight: (String) -> Bool
  ) throws(Refusal) -> String {
    guard case .text(let text) = value.value, isRight(text) else { throw wrong(value, expected) }
    return text
  }

  func text(_ value: JSON5) throws(Refusal) -> String {
    guard case .text(let text) = value.value, !text.isEmpty else { throw wrong(value, "\"…\"") }
    return text
  }

  func optionalText(_ value: JSON5) throws(Refusal) -> String? {
    if case .null = value.value { return nil }
    return try text(value)
  }

  func bool(_ value: JSON5) throws(Refusal) -> Bool {
    guard case .bool(let bool) = value.value else { throw wrong(value, "true | false") }
    return bool
  }

  func schedule(_ value: JSON5) throws(Refusal) -> SyncSchedule {
    do {
      return try SyncSchedule(try text(value))
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw wrong(value, "\"15m\" | \"1h30m\" | \"*/15 * * * *\"")
    }
  }

  func duration(_ value: JSON5) throws(Refusal) -> Int64 {
    let text = try text(value)
    guard let duration = try? SyncSchedule.duration(text), duration <= 86_400_000 else {
      throw wrong(value, "\"30s\" | \"5m\"")
    }
    return duration
  }

  /// `"22:00-06:00"`, or several in a list; null for always.
  func window(_ value: JSON5) throws(Refusal) -> SyncWindow? {
    if case .null = value.value { return nil }
    var texts: [String] = []
    if case .array(let values) = value.value {
      for value in values { texts.append(try text(value)) }
    } else {
      texts = [try text(value)]
    }
    guard let window = try? SyncWindow(texts) else {
      throw wrong(value, "\"22:00-06:00\" | [\"12:00-13:00\", \"22:00-06:00\"]")
    }
    return window
  }

  /// Octets a second; null for no bound. A server cuts off whoever is slower than the least.
  func rate(_ value: JSON5) throws(Refusal) -> Int64? {
    if case .null = value.value { return nil }
    guard case .number(let number) = value.value, let rate = Int64(exactly: number),
      (4096...(1 << 40)).contains(rate)
    else { throw wrong(value, "4096…") }
    return rate
  }

  /// `+08:00`, `-03:30`, `Z`.
  func timeZone(_ value: JSON5) throws(Refusal) -> Int {
    let octets = Array(try text(value).utf8)
    if octets == [0x5A] { return 0 }
    let digits = [1, 2, 4, 5].map { $0 < octets.count ? Int(octets[$0]) - 0x30 : -1 }
    guard octets.count == 6, octets[0] == 0x2B || octets[0] == 0x2D, octets[3] == 0x3A,
      digits.allSatisfy({ (0...9).contains($0) })
    else { throw wrong(value, "\"+08:00\"") }
    let minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
    guard digits[2] < 6, minutes <= 14 * 60 else { throw wrong(value, "\"+08:00\"") }
    return octets[0] == 0x2B ? minutes : -minutes
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: JSON5, _ type: Choice.Type
  ) throws(Refusal) -> Choice where Choice.RawValue == String {
    let expected = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " | ")
    guard case .text(let text) = value.value, let choice = Choice(rawValue: text) else {
      throw wrong(value, expected)
    }
    return choice
  }
}
