import NodeCore

extension ConfigurationReader {
  /// What each child may ask of this node in a minute, and have here in all; null, or a key left
  /// out, is not bounded.
  func limits(_ value: JSON5) throws(Refusal) -> SiteLimits {
    var limits = SiteLimits()
    let keys = [
      "blob_bytes_total", "blobs_total", "bytes_per_minute", "bytes_total", "records_per_minute",
      "records_total", "requests_per_minute",
    ]
    for member in try members(value, keys: keys) {
      let value = member.value
      switch member.key {
      case "bytes_per_minute": limits.bytesPerMinute = try perMinute(value)
      case "records_per_minute": limits.recordsPerMinute = try perMinute(value)
      case "records_total": limits.quota.records = try count(value, SiteQuota.most)
      case "bytes_total": limits.quota.octets = try count(value, SiteQuota.most)
      case "blobs_total": limits.quota.blobs = try count(value, SiteQuota.most)
      case "blob_bytes_total": limits.quota.blobOctets = try count(value, SiteQuota.most)
      default: limits.requestsPerMinute = try perMinute(value)
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
    try count(value, SiteLimits.perMinuteMax)
  }

  private func count(_ value: JSON5, _ most: Int64) throws(Refusal) -> Int64? {
    if case .null = value.value { return nil }
    guard case .number(let number) = value.value, let count = Int64(exactly: number),
      (1...most).contains(count)
    else { throw wrong(value, "1…\(most) | null") }
    return count
  }
}
