import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage

/// Attachments: their octets follow from a number, so that what is right can be told anywhere.
extension World {
  static let blobChunkOctets: Int64 = 16 << 10
  static let blobsCount = 6

  static func blob(_ number: Int) -> [UInt8] {
    var dice = Dice(seed: UInt64(number))
    let count = [1, 700, 16 << 10, 20_000, 33_000, 40_000][number % blobsCount]
    var octets: [UInt8] = []
    octets.reserveCapacity(count + 8)
    while octets.count < count {
      withUnsafeBytes(of: dice.next().bigEndian) { octets.append(contentsOf: $0) }
    }
    return Array(octets.prefix(count))
  }

  /// Takes a file in, as a command does before its transaction.
  func takeIn(at code: SiteCode) throws -> Attachment {
    let number = dice.below(World.blobsCount)
    let octets = World.blob(number)
    let node = site(code).node
    let digest = node.store.identity.algorithm.digest(octets)
    if try node.blobs.size(of: digest) == nil {
      try node.blobs.stage(octets, of: digest, at: 0, from: "local")
      guard try node.blobs.finish(digest, size: Int64(octets.count), from: "local") else {
        throw Violation("a blob is not what it is")
      }
    }
    happenings[.attached] += 1
    return Attachment(
      digest: digest, size: Int64(octets.count), name: "\(number).pdf",
      mediaType: "application/pdf")
  }

  func exchangeBlobs(_ child: SiteCode) throws {
    guard child != shape.root, !cutOff.contains(child) else { return }
    try calling(child, lostPerMille: 350) { node in
      let report = try node.exchangeBlobs()
      self.happenings[.blobsFetched] += report.fetched
      self.happenings[.blobsPushed] += report.pushed
      self.say("blobs of \(child): \(report)")
    }
  }

  /// One copy of a blob is lost, or one octet of it is another.
  func spoilBlob(_ code: SiteCode) throws {
    let site = site(code)
    let files = try site.blobFiles() + site.stagedFiles()
    guard let (digest, path) = dice.pick(files) else { return }
    spoilt.insert(digest)
    if dice.chance(perMille: 500) {
      try FileManager.default.removeItem(atPath: path)
      happenings[.blobsLost] += 1
    } else if var data = FileManager.default.contents(atPath: path), !data.isEmpty {
      data[data.startIndex + dice.below(data.count)] ^= 1
      try data.write(to: URL(fileURLWithPath: path))
      happenings[.blobsDamaged] += 1
    }
    say("blob \(digest) at \(code) is spoilt")
  }

  /// Notes where the octets of what was purged are still on their way.
  func notePurged(_ attachments: [Attachment]) throws {
    for attachment in attachments {
      let isWanted = try present.contains { code in
        try site(code).undisturbed {
          try site(code).node.store.read { snapshot in
            try snapshot.connection.first(
              "SELECT 1 FROM blob_queue WHERE digest = ?", [.blob(attachment.digest.bytes)]
            ) { _ in true } ?? false
          }
        }
      }
      if isWanted { happenings[.blobsDeletedInFlight] += 1 }
    }
  }

  // MARK: once the tree is quiet

  func checkBlobs(_ replicas: [SiteCode: Replica]) throws {
    var held: [SiteCode: Set<Digest>] = [:]
    var referred: [SiteCode: Set<Digest>] = [:]
    for code in present {
      let node = site(code).node
      try node.collectBlobs()
      try need(try node.checkBlobs().isEmpty, "a blob is damaged unseen at \(code)")
      let table = Set(try node.store.read { try $0.blobs() })
      try need(table == Set(try node.blobs.all()), "blobs and their table differ at \(code)")
      held[code] = table
      let attachments = replicas[code]?.records.values.flatMap(\.attachmentsOfAllVersions) ?? []
      let digests = Set(attachments.map(\.digest))
      let extra = table.subtracting(digests).sorted()
      try need(extra.isEmpty, "a blob that nothing refers to is kept at \(code): \(extra)")
      for (digest, path) in try site(code).blobFiles() {
        let octets = FileManager.default.contents(atPath: path).map { Array($0) } ?? []
        try need(
          node.store.identity.algorithm.digest(octets) == digest,
          "a blob is not what its name says at \(code): \(digest)")
      }
      let kept = replicas[code]?.asides ?? []
      let stale = replicas[code]?.records.filter { kept.contains($0.key) }.values
        .flatMap(\.attachmentsOfAllVersions).map(\.digest) ?? []
      referred[code] = digests.subtracting(stale)
      let missing = digests.subtracting(table).subtracting(spoilt).subtracting(stale).sorted()
      try need(missing.isEmpty, "a blob is missing at \(code): \(missing)")
    }
    for child in children {
      guard let parent = shape.parents[child], let lower = held[child], let upper = held[parent]
      else { continue }
      let both = (referred[child] ?? []).intersection(referred[parent] ?? [])
      let differing = lower.symmetricDifference(upper).intersection(both).sorted()
      try need(
        differing.isEmpty, "only one end of \(child)–\(parent) has a blob: \(differing)")
    }
  }
}
