import Bytes
import Replication
import Storage

/// Whether the audit chain is what it was: by its own digests, and by the heads that the upstream
/// has seen of it.
struct AuditVerify: Operation {
  static let spec = OperationSpec(
    "audit", "verify", zh: "核对审计链：有无修改、删除、调换、截尾或重写",
    en: "checks that no entry of the audit log was edited, deleted, swapped, cut off or rewritten",
    changes: false,
    [
      .optionalPositional(
        "file", "FILE", zh: "改为核对导出的文件", en: "checks an export instead", content: .inputFile)
    ])

  struct Head: Codable, Sendable {
    let number: Int64
    let digest: String
  }

  struct Fault: Codable, Sendable {
    let fault: String
    /// The first and the last entry concerned.
    let number: Int64
    let last: Int64
    /// What shows it: `chain`, `countersignature`, `upstream`.
    let source: String
  }

  /// What a restored copy does not have: no fault.
  struct Lost: Codable, Sendable {
    let number: Int64
    let last: Int64
  }

  struct Upstream: Codable, Sendable {
    let site: String
    let asked: Bool
    /// Why it could not be asked.
    let unreachable: String?
    /// The newest entry that it has seen.
    let seen: Int64
    /// Countersignatures kept here that its key proves.
    let countersigned: Int
  }

  struct Child: Codable, Sendable {
    let site: String
    /// The newest entry that it has told of, and when.
    let number: Int64
    let at: String
    /// `went_back` or `forked`.
    let fault: String?
  }

  /// Entries that were taken out by `audit prune`.
  struct Pruned: Codable, Sendable {
    /// The last of them, and its digest.
    let number: Int64
    let digest: String
    /// How many heads that the upstream has seen are among them: their export is checked by those.
    let heads: Int
  }

  /// Of an export.
  struct Export: Codable, Sendable {
    let file: String
    let first: Int64
    /// How many heads that the upstream has seen are entries of it.
    let confirmed: Int
    /// Whether the chain here has its last entry, or goes on after it; null where it cannot tell.
    @Nullable var isOfThisChain: Bool?

    enum CodingKeys: String, CodingKey {
      case file, first, confirmed
      case isOfThisChain = "of_this_chain"
    }
  }

  struct Output: Answer {
    let ok: Bool
    let count: Int64
    let head: Head
    let faults: [Fault]
    let lost: [Lost]
    let upstream: Upstream?
    let children: [Child]
    let pruned: Pruned?
    let export: Export?

    var exitStatus: Int32 { ok ? 0 : 1 }

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      var lines = [
        Words(
          zh: ok ? "审计链完好，共 \(count) 条" : "审计链有误，共 \(count) 条",
          en: ok ? "the audit log is sound: \(count) entries" : "the audit log is not sound"
        )[language]
      ]
      lines += faults.map { fault in
        let place = fault.number == fault.last ? "\(fault.number)" : "\(fault.number)–\(fault.last)"
        let words = Words.ofFault(fault.fault)[language]
        let source = Words.ofSource(fault.source)[language]
        return isChinese
          ? "第 \(place) 条：\(words)（\(source)）" : "entry \(place): \(words) (\(source))"
      }
      lines += lost.map {
        isChinese
          ? "恢复备份时丢失：原第 \($0.number)–\($0.last) 条"
          : "lost when a copy was restored: the former entries \($0.number)–\($0.last)"
      }
      if let pruned {
        lines.append(
          isChinese
            ? "第 \(pruned.number) 条及以前已移出，其中上级见过 \(pruned.heads) 个链头"
            : "up to entry \(pruned.number) they were taken out; the upstream has seen "
              + "\(pruned.heads) heads of those")
      }
      if let export { lines.append(line(export, isChinese)) }
      if let upstream { lines.append(line(upstream, isChinese)) }
      lines += children.map { child in
        let state = child.fault.map { Words.ofFault($0)[language] } ?? (isChinese ? "正常" : "sound")
        return isChinese
          ? "下级 \(child.site)：第 \(child.number) 条，\(child.at)，\(state)"
          : "child \(child.site): entry \(child.number) at \(child.at), \(state)"
      }
      return lines.map(TextTable.line).joined(separator: "\n")
    }

    private func line(_ export: Export, _ isChinese: Bool) -> String {
      let part =
        isChinese
        ? "第 \(export.first)–\(head.number) 条，上级见过其中 \(export.confirmed) 个链头"
        : "entries \(export.first)–\(head.number), of which the upstream has seen "
          + "\(export.confirmed) heads"
      guard export.isOfThisChain == true else { return part }
      return part + (isChinese ? "，与本节点的链衔接" : "; the chain here goes on from them")
    }

    private func line(_ upstream: Upstream, _ isChinese: Bool) -> String {
      if let reason = upstream.unreachable {
        return isChinese
          ? "未能询问上级 \(upstream.site)（\(reason)），只核对了本地保存的会签"
          : "the upstream \(upstream.site) could not be asked (\(reason)): compared with the "
            + "countersignatures kept here"
      }
      return isChinese
        ? "上级 \(upstream.site) 见过第 \(upstream.seen) 条"
        : "the upstream \(upstream.site) has seen entry \(upstream.seen)"
    }
  }

  private let file: String?

  init(_ arguments: Arguments) throws { file = arguments.optionalText("file") }

  func run(in context: OperationContext) throws -> Output {
    if !context.dryRun { try context.node.tellRefusals() }
    if let file { return try output(of: ExportCheck(file, of: context.node), file) }
    let check = try ChainCheck(context.node)
    let start = check.inspection.start
    return Output(
      ok: check.isSound, count: check.inspection.count, head: Head(check.inspection.head),
      faults: check.findings.map(Fault.init),
      lost: check.losses.map { Lost(number: $0.first, last: $0.last) },
      upstream: check.upstream.map {
        Upstream(
          site: $0.site.text, asked: $0.silence == nil, unreachable: $0.silence, seen: $0.last,
          countersigned: $0.proved)
      },
      children: check.children.map {
        Child(
          site: $0.site.text, number: $0.mark.head.number, at: context.text(of: $0.mark.at),
          fault: $0.fault?.name)
      },
      pruned: start.number == 0
        ? nil
        : Pruned(
          number: start.number, digest: Hex.encode(start.digest.bytes),
          heads: check.prunedHeads.count),
      export: nil)
  }

  private func output(of check: ExportCheck, _ file: String) -> Output {
    let inspection = check.inspection
    return Output(
      ok: check.findings.isEmpty, count: inspection.count, head: Head(inspection.head),
      faults: check.findings.map(Fault.init), lost: [], upstream: nil, children: [], pruned: nil,
      export: Export(
        file: file, first: inspection.start.number + 1, confirmed: check.confirmed,
        isOfThisChain: check.isOfThisChain))
  }
}

extension AuditVerify.Head {
  fileprivate init(_ head: ChainHead) {
    self.init(number: head.number, digest: Hex.encode(head.digest.bytes))
  }
}

extension AuditVerify.Fault {
  fileprivate init(_ finding: ChainCheck.Finding) {
    self.init(
      fault: finding.fault.kind.rawValue, number: finding.fault.number, last: finding.fault.last,
      source: finding.source.rawValue)
  }
}

extension AuditMark.Fault {
  var name: String {
    switch self {
    case .wentBack: "went_back"
    case .forked: "forked"
    }
  }
}

extension Words {
  static func ofFault(_ name: String) -> Words {
    switch name {
    case AuditFault.Kind.edited.rawValue: Words(zh: "被修改", en: "was edited")
    case AuditFault.Kind.missing.rawValue: Words(zh: "被删除", en: "is gone")
    case AuditFault.Kind.swapped.rawValue: Words(zh: "被调换", en: "stands in another's place")
    case AuditFault.Kind.broken.rawValue:
      Words(zh: "被改写，与下一条不衔接", en: "was rewritten: the next one continues another")
    case AuditFault.Kind.cut.rawValue: Words(zh: "尾部被截去", en: "was cut off the end")
    case AuditFault.Kind.rewritten.rawValue:
      Words(zh: "整段被重写", en: "was rewritten with all digests")
    case AuditMark.Fault.wentBack.name:
      Words(zh: "审计链倒退", en: "its audit log went back")
    case AuditMark.Fault.forked.name:
      Words(zh: "审计链分叉", en: "its audit log is another than before")
    default: Words(zh: name, en: name)
    }
  }

  fileprivate static func ofSource(_ name: String) -> Words {
    switch name {
    case ChainCheck.Source.chain.rawValue: Words(zh: "链本身", en: "by the chain itself")
    case ChainCheck.Source.countersignature.rawValue:
      Words(zh: "上级会签", en: "by a countersignature")
    default: Words(zh: "上级", en: "by the upstream")
    }
  }
}
