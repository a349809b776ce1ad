import Storage

/// What a child and all below it have at this node, and may have.
struct TotalsAnswer: Codable, Sendable {
  struct Total: Codable, Sendable {
    let used: Int64
    /// Null where nothing is bounded.
    @Nullable var limit: Int64?
  }

  let records: Total
  /// Canonical octets, before they are deflated.
  let bytes: Total
  let blobs: Total
  let blobBytes: Total

  enum CodingKeys: String, CodingKey {
    case records, bytes, blobs
    case blobBytes = "blob_bytes"
  }

  init(_ used: SiteTotals, _ quota: SiteQuota) {
    records = Total(used: used.records, limit: quota.records)
    bytes = Total(used: used.octets, limit: quota.octets)
    blobs = Total(used: used.blobs, limit: quota.blobs)
    blobBytes = Total(used: used.blobOctets, limit: quota.blobOctets)
  }

  func text(_ language: Language) -> String {
    let isChinese = language == .zh
    return [
      (isChinese ? "记录" : "records", records), (isChinese ? "字节" : "bytes", bytes),
      (isChinese ? "附件" : "attachments", blobs),
      (isChinese ? "附件字节" : "attachment bytes", blobBytes),
    ].map { name, total in
      "\(name) \(total.used)" + (total.limit.map { "/\($0)" } ?? "")
    }.joined(separator: isChinese ? "，" : ", ")
  }
}
