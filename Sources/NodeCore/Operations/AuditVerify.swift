import Bytes
import Replication
import Storage

/// Whether the audit chain is what it was: by its own digests, and by the heads that the upstream
/// has seen of it.
struct AuditVerify: Operation {
  static let spec = OperationSpec(
    "audit", "verify", zh: "核对审计链：有无修改、删除、调换、截尾或重写",
    en: "checks that no entry of the audit log was edited, deleted, swapped, cut off or rewritten",
    changes: false)

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

  struct Output: Answer {
    let ok: Bool
    let count: Int64
    let head: Head
    let faults: [Fault]
    let lost: [Lost]
    let upstream: Upstream?
    let children: [Child]

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
      if let upstream { lines.append(line(upstream, isChinese)) }
      lines += children.map { child in
        let state = child.fault.map { Words.ofFault($0)[language] } ?? (isChinese ? "正常" : "sound")
        return isChinese
          ? "下级 \(child.site)：第 \(child.number) 条，\(child.at)，\(state)"
          : "child \(child.site): entry \(child.number) at \(child.at), \(state)"
      }
      return lines.map(TextTable.line).joined(separator: "\n")
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

  init(_ arguments: Arguments) throws {}

  func run(in context: OperationContext) throws -> Output {
    if !context.dryRun { try context.node.tellRefusals() }
    let check = try ChainCheck(context.node)
    return Output(
      ok: check.isSound, count: check.inspection.count,
      head: Head(
        number: check.inspection.head.number,
        digest: Hex.encode(check.inspection.head.digest.bytes)),
      faults: check.findings.map {
        Fault(
          fault: $0.fault.kind.rawValue, number: $0.fault.number, last: $0.fault.last,
          source: $0.source.rawValue)
      },
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
      })
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
