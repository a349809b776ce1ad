import Bytes
import Replication
import SQLite

/// A blob that records refer to and that is not here.
package struct MissingBlob: Sendable, Equatable {
  package let digest: Digest
  package let size: Int64
  package let tries: Int64
}

extension Snapshot {
  package func hasBlob(_ digest: Digest) throws -> Bool {
    try connection.first("SELECT 1 FROM blobs WHERE digest = ?", [.blob(digest.bytes)]) { _ in
      true
    } ?? false
  }

  /// Nil where it is not wanted.
  package func wantedBlobSize(_ digest: Digest) throws -> Int64? {
    try connection.first(
      "SELECT size FROM blob_queue WHERE digest = ?", [.blob(digest.bytes)]
    ) { $0.integer(0) }
  }

  package func isBlobReferred(_ digest: Digest) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM blob_references WHERE digest = ? LIMIT 1", [.blob(digest.bytes)]
    ) { _ in true } ?? false
  }

  /// The rows of the records that refer to a blob.
  package func records(referringTo digest: Digest) throws -> [Int64] {
    try connection.all(
      "SELECT record FROM blob_references WHERE digest = ? ORDER BY record",
      [.blob(digest.bytes)]
    ) { $0.integer(0) }
  }

  /// Whether one of the records refers to a blob. Most stores have none: then one look tells.
  package func refersToBlobs(rows: [Int64]) throws -> Bool {
    let isAny = try connection.first("SELECT 1 FROM blob_references LIMIT 1") { _ in true }
    if isAny == nil { return false }
    return try rows.contains { row in
      try connection.first(
        "SELECT 1 FROM blob_references WHERE record = ? LIMIT 1", [.integer(row)]
      ) { _ in true } ?? false
    }
  }

  /// The sizes that records of a link's scope give for a blob; none where none refers to it.
  package func blobSizes(_ digest: Digest, onLink link: Int64) throws -> [Int64] {
    try writeEntries()
    return try connection.all(
      """
      SELECT DISTINCT r.size FROM blob_references r
      JOIN entries e ON e.link = ? AND e.record = r.record WHERE r.digest = ? ORDER BY r.size
      """, [.integer(link), .blob(digest.bytes)]
    ) { $0.integer(0) }
  }

  /// What is missing here, that records of a link's scope refer to, in order of digests.
  package func missingBlobs(
    _ link: Int64, after digest: Digest? = nil, limit: Int
  ) throws -> [MissingBlob] {
    try writeEntries()
    return try connection.all(
      """
      SELECT q.digest, r.size, q.tries FROM blob_queue q
      JOIN blob_references r ON r.digest = q.digest
      JOIN entries e ON e.link = ? AND e.record = r.record
      WHERE q.digest > ? GROUP BY q.digest ORDER BY q.digest LIMIT ?
      """, [.integer(link), .blob(digest?.bytes ?? []), .integer(Int64(limit))], missing)
  }

  /// How much of that there is, up to a bound.
  package func missingBlobsCount(_ link: Int64) throws -> Int {
    let isAny = try connection.first("SELECT 1 FROM blob_queue LIMIT 1") { _ in true }
    return isAny == nil ? 0 : try missingBlobs(link, limit: BlobLimits.listMax).count
  }

  /// What is due to be fetched, the smallest first.
  package func dueBlobs(limit: Int) throws -> [MissingBlob] {
    try connection.all(
      """
      SELECT digest, size, tries FROM blob_queue WHERE after <= ? ORDER BY size, digest LIMIT ?
      """, [.integer(now), .integer(Int64(limit))], missing)
  }

  /// All that is here by the table.
  package func blobs() throws -> [Digest] {
    try connection.all("SELECT digest FROM blobs ORDER BY digest") { try digest($0, 0) }
  }

  package func missingBlobsCount() throws -> Int {
    try connection.first("SELECT count(*) FROM blob_queue") { Int($0.integer(0)) } ?? 0
  }

  private func missing(_ row: Statement) throws -> MissingBlob {
    MissingBlob(digest: try digest(row, 0), size: row.integer(1), tries: row.integer(2))
  }
}

extension Transaction {
  package func resetBlobReferences() throws {
    try connection.script("DELETE FROM blob_references; DELETE FROM blob_queue;")
  }

  package func addReference(_ row: Int64, to digest: Digest, size: Int64) throws {
    try connection.run(
      "INSERT OR REPLACE INTO blob_references(digest, record, size) VALUES (?, ?, ?)",
      [.blob(digest.bytes), .integer(row), .integer(size)])
    if try !hasBlob(digest) { try wantBlob(digest, size: size) }
  }

  package func dropReference(_ row: Int64, to digest: Digest) throws {
    try connection.run(
      "DELETE FROM blob_references WHERE digest = ? AND record = ?",
      [.blob(digest.bytes), .integer(row)])
    if try isBlobReferred(digest) { return }
    try connection.run("DELETE FROM blob_queue WHERE digest = ?", [.blob(digest.bytes)])
  }

  package func addBlob(_ digest: Digest, size: Int64) throws {
    try connection.run(
      "INSERT OR REPLACE INTO blobs(digest, size, at) VALUES (?, ?, ?)",
      [.blob(digest.bytes), .integer(size), .integer(now)])
    try connection.run("DELETE FROM blob_queue WHERE digest = ?", [.blob(digest.bytes)])
  }

  /// It is here no longer; what still refers to it wants it.
  package func dropBlob(_ digest: Digest) throws {
    try connection.run("DELETE FROM blobs WHERE digest = ?", [.blob(digest.bytes)])
    let size = try connection.first(
      "SELECT min(size) FROM blob_references WHERE digest = ?", [.blob(digest.bytes)]
    ) { $0.optionalInteger(0) } ?? nil
    if let size { try wantBlob(digest, size: size) }
  }

  private func wantBlob(_ digest: Digest, size: Int64) throws {
    try connection.run(
      "INSERT OR IGNORE INTO blob_queue(digest, size) VALUES (?, ?)",
      [.blob(digest.bytes), .integer(size)])
  }

  /// Not again before so long.
  package func postponeBlob(_ digest: Digest, milliseconds: Int64) throws {
    try connection.run(
      "UPDATE blob_queue SET tries = tries + 1, after = ? WHERE digest = ?",
      [.integer(now + milliseconds), .blob(digest.bytes)])
  }

  /// Whatever was postponed may be there now.
  package func hastenBlobs() throws {
    try connection.run("UPDATE blob_queue SET after = 0 WHERE after > 0")
  }

  /// Wakes who waits for news of links that a record travels on. Answers those links.
  @discardableResult
  package func announce(row: Int64, except peer: SiteCode?) throws -> [Int64] {
    let links = try entries(of: row).map { try linkState($0.link) }.filter { $0.peer != peer }
    for link in links { grown.insert(link.peer) }
    return links.map(\.id)
  }
}
