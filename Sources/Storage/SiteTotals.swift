import Bytes
import Replication
import SQLite

/// What stands in this store of one site's, or of several sites' together.
package struct SiteTotals: Sendable, Equatable {
  /// Records that are not purged.
  package var records: Int64
  /// Canonical octets of all records, purged ones too; earlier versions are not counted.
  package var octets: Int64
  /// Blobs that are here and that a record of the site's refers to.
  package var blobs: Int64
  package var blobOctets: Int64

  package init(records: Int64 = 0, octets: Int64 = 0, blobs: Int64 = 0, blobOctets: Int64 = 0) {
    self.records = records
    self.octets = octets
    self.blobs = blobs
    self.blobOctets = blobOctets
  }

  package static let none = SiteTotals()

  package static func + (a: SiteTotals, b: SiteTotals) -> SiteTotals {
    SiteTotals(
      records: a.records + b.records, octets: a.octets + b.octets, blobs: a.blobs + b.blobs,
      blobOctets: a.blobOctets + b.blobOctets)
  }

  package static func - (a: SiteTotals, b: SiteTotals) -> SiteTotals {
    SiteTotals(
      records: a.records - b.records, octets: a.octets - b.octets, blobs: a.blobs - b.blobs,
      blobOctets: a.blobOctets - b.blobOctets)
  }
}

extension Snapshot {
  /// Of these sites together.
  package func totals(of sites: [SiteCode]) throws -> SiteTotals {
    try sites.reduce(.none) { sum, site in
      let one = try connection.first(
        "SELECT records, octets, blobs, blob_octets FROM site_totals WHERE site = ?",
        [.text(site.text)]
      ) {
        SiteTotals(
          records: $0.integer(0), octets: $0.integer(1), blobs: $0.integer(2),
          blobOctets: $0.integer(3))
      }
      return sum + (one ?? .none)
    }
  }

  /// The size of a blob that is here.
  package func blobSize(_ digest: Digest) throws -> Int64? {
    try connection.first("SELECT size FROM blobs WHERE digest = ?", [.blob(digest.bytes)]) {
      $0.integer(0)
    }
  }

  /// The sites whose records refer to a blob, each once; `besides`: but for that record.
  package func sites(referringTo digest: Digest, besides row: Int64? = nil) throws -> [SiteCode] {
    let keys = try connection.all(
      """
      SELECT r.key FROM blob_references b JOIN records r ON r.row = b.record
      WHERE b.digest = ?1 AND (?2 IS NULL OR b.record <> ?2)
      """, [.blob(digest.bytes), SQLValue(row)]
    ) { try key($0, 0) }
    return Set(keys.map(\.owner)).sorted()
  }
}

extension Transaction {
  package func addTotals(_ change: SiteTotals, to site: SiteCode) throws {
    if change == .none { return }
    try connection.run(
      """
      INSERT INTO site_totals VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (site) DO UPDATE SET
        records = records + ?2, octets = octets + ?3, blobs = blobs + ?4,
        blob_octets = blob_octets + ?5
      """,
      [
        .text(site.text), .integer(change.records), .integer(change.octets),
        .integer(change.blobs), .integer(change.blobOctets),
      ])
  }

  package func resetRecordTotals() throws {
    try connection.run("UPDATE site_totals SET records = 0, octets = 0")
  }

  package func resetBlobTotals() throws {
    try connection.run("UPDATE site_totals SET blobs = 0, blob_octets = 0")
  }
}
