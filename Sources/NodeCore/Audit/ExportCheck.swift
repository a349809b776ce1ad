import Bytes
import Replication
import Storage

/// Checks an export of the audit chain, or of a part of it: by its own digests, by the heads that
/// the upstream has seen, and by the chain that is here.
struct ExportCheck {
  let inspection: AuditInspection
  private(set) var findings: [ChainCheck.Finding] = []
  /// How many heads of those that the upstream has seen are entries of the file.
  private(set) var confirmed = 0
  /// Whether the chain here holds the file's last entry, or goes on after it; nil where it can tell
  /// neither.
  private(set) var isOfThisChain: Bool?

  /// An entry names at most ten thousand records.
  private static let lineBytesMax = 4 << 20

  private struct Line: Decodable {
    let number: Int64
    let digest: String
    let octets: String
  }

  init(_ path: String, of node: Node, asksUpstream: Bool = true) throws {
    let link = try node.store.read { try $0.upstreamLink() }
    let seen = asksUpstream && link != nil ? (try? ChainCheck.ask(node)) ?? [] : []
    let kept = try node.store.read { store in try link.map { try store.auditMarks($0.id) } ?? [] }
    inspection = try Self.read(path, digestsOf: Set((seen + kept).map(\.head.number)))
    findings = inspection.faults.map { ChainCheck.Finding(fault: $0, source: .chain) }
    let chain = try AuditInspection(node.store, digestsOf: [inspection.head.number])
    try compare(with: chain)
    var judged: Set<Int64> = []
    for (marks, source) in [(seen, ChainCheck.Source.upstream), (kept, .countersignature)] {
      // A head of an earlier life may stand for an entry that a restored copy never had.
      for mark in marks where mark.fault == nil && mark.epoch == chain.epoch {
        guard let digest = inspection.digests[mark.head.number],
          judged.insert(mark.head.number).inserted
        else { continue }
        if digest == mark.head.digest {
          confirmed += 1
        } else {
          findings.append(
            ChainCheck.Finding(fault: AuditFault(.rewritten, mark.head.number), source: source))
        }
      }
    }
  }

  private mutating func compare(with chain: AuditInspection) throws {
    let head = inspection.head
    let known =
      chain.digests[head.number]
      ?? chain.anchors.last { $0.head.number == head.number }?.head.digest
    guard let known else { return }
    isOfThisChain = known == head.digest
    if known != head.digest {
      findings.append(
        ChainCheck.Finding(fault: AuditFault(.rewritten, head.number), source: .chain))
    }
  }

  private static func read(
    _ path: String, digestsOf wanted: Set<Int64>
  ) throws -> AuditInspection {
    let inspection = try AuditInspection(
      part: { take in
        try InputFile(path).eachLine(lineBytesMax: lineBytesMax) { number, octets in
          guard let line = try? AnswerJSON.decode(Line.self, from: Array(octets)),
            let digest = Hex.decode(line.digest), let bytes = Hex.decode(line.octets)
          else { throw Refusal(.malformed, "\(path):\(number)", "not an entry of the audit") }
          take(line.number, digest, bytes)
        }
      }, digestsOf: wanted)
    if inspection.count == 0 { throw Refusal(.emptyFile, path) }
    return inspection
  }
}
