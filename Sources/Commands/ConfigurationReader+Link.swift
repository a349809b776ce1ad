import NodeCore

extension ConfigurationReader {
  /// What each child may ask of this node in a minute; null, or a key left out, is not bounded.
  func limits(_ value: JSON5) throws(Refusal) -> SiteLimits {
    var limits = SiteLimits()
    let keys = ["bytes_per_minute", "records_per_minute", "requests_per_minute"]
    for member in try members(value, keys: keys) {
      let count = try perMinute(member.value)
      switch member.key {
      case "bytes_per_minute": limits.bytesPerMinute = count
      case "records_per_minute": limits.recordsPerMinute = count
      default: limits.requestsPerMinute = count
      }
    }
    return limits
  }

  /// The file of certificates that an https upstream's is checked against; nil for the system's.
  func certificates(_ value: JSON5) throws(Refusal) -> String? {
    for member in try members(value, keys: ["ca_file"]) { return try optionalText(member.value) }
    return nil
  }

  private func perMinute(_ value: JSON5) throws(Refusal) -> Int64? {
    if case .null = value.value { return nil }
    guard case .number(let number) = value.value, let count = Int64(exactly: number),
      (1...SiteLimits.perMinuteMax).contains(count)
    else { throw wrong(value, "1…\(SiteLimits.perMinuteMax) | null") }
    return count
  }
}
