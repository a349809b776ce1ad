import Library
import Replication
import SiteGroup
import Storage

extension Verify {
  struct Link: Codable, Sendable {
    let site: String
    let count: Int
    let fingerprint: String
    /// Null where the other end could not be asked, or never held a session.
    @Nullable var inStep: Bool?
    /// Why it could not be asked.
    let unreachable: String?

    enum CodingKeys: String, CodingKey {
      case site, count, fingerprint, unreachable
      case inStep = "in_step"
    }
  }

  /// Something that is not as this program left it.
  struct Finding: Codable, Sendable, Equatable {
    /// The record's key, or what names the row otherwise; empty where nobody can tell.
    let id: String
    /// The record's noun, else what the row is.
    let kind: String
    /// `octets`, `changed`, `missing`, `inserted`; of the audit chain its own words.
    let what: String
    /// The table.
    let place: String

    enum CodingKeys: String, CodingKey {
      case id, kind, what
      case place = "where"
    }

    init(_ damage: Damage) {
      id = damage.key.description
      kind = damage.key.kind.name
      what = damage.what.rawValue
      place = StoreSeal.Part.records.table
    }

    init(_ fault: RowDefect) {
      id = fault.key?.description ?? fault.name
      kind = fault.key?.kind.name ?? Finding.noun(of: fault.table)
      what = fault.what.rawValue
      place = fault.table
    }

    init(_ fault: DerivedFault) {
      id = fault.key?.description ?? "row \(fault.row)"
      kind = fault.key?.kind.name ?? Finding.noun(of: fault.table)
      what = fault.what.rawValue
      place = fault.table
    }

    init(_ fault: AuditFault) {
      id = fault.number == fault.last ? "\(fault.number)" : "\(fault.number)–\(fault.last)"
      (kind, what, place) = ("audit", fault.kind.rawValue, "audit")
    }

    private static func noun(of table: String) -> String {
      switch table {
      case "records": "record"
      case "versions": "version"
      case "drafts": "draft"
      case "operators": "operator"
      case "entries": "link"
      default: table
      }
    }

    func line(_ language: Language) -> String {
      let name = id.isEmpty ? Words(zh: "（无法定位）", en: "(not located)")[language] : id
      return TextTable.line("\(name) (\(kind), \(place)): \(Words.ofDamage(what)[language])")
    }
  }

  /// What `--repair` did; with `--dry-run`, what it would do.
  struct Repair: Codable, Sendable {
    let repaired: [String]
    /// To come with a child's next session.
    let awaited: [String]
    /// What was written last is gone: no neighbour had it.
    let lost: [String]
    /// What nothing here or at a neighbour can set right: restore a backup.
    let unrepaired: [Finding]
    let bytesSent: Int
    let bytesReceived: Int

    enum CodingKeys: String, CodingKey {
      case repaired, awaited, lost, unrepaired
      case bytesSent = "bytes_sent"
      case bytesReceived = "bytes_received"
    }

    init(_ outcome: StoreRepair.Outcome, unrepaired: [Finding]) {
      repaired = outcome.repaired.map(\.description)
      awaited = outcome.awaited.map(\.description)
      lost = outcome.lost.map(\.description)
      self.unrepaired = unrepaired
      (bytesSent, bytesReceived) = (outcome.octetsSent, outcome.octetsReceived)
    }

    var isDone: Bool { awaited.isEmpty && lost.isEmpty && unrepaired.isEmpty }

    func lines(_ language: Language) -> [String] {
      let isChinese = language == .zh
      var lines = [
        isChinese
          ? "修复 \(repaired.count) 条；发送 \(bytesSent) 字节，接收 \(bytesReceived) 字节"
          : "repaired \(repaired.count); sent \(bytesSent) bytes, received \(bytesReceived)"
      ]
      if !awaited.isEmpty {
        lines.append(
          (isChinese ? "等待下级下次同步送回：" : "to come with the next session of a child: ")
            + awaited.joined(separator: ", "))
      }
      if !lost.isEmpty {
        lines.append(
          (isChinese ? "最后的修改已丢失，没有邻居存有：" : "the last changes are lost, no neighbour had them: ")
            + lost.joined(separator: ", "))
      }
      if !unrepaired.isEmpty {
        lines.append(
          isChinese
            ? "无法修复，请用 sitegroup restore 恢复备份："
            : "cannot be repaired; restore a backup (sitegroup restore):")
        lines += unrepaired.map { "  " + $0.line(language) }
      }
      return lines
    }
  }

  struct Output: Answer {
    let ok: Bool
    let links: [Link]
    /// Rows that this program did not leave as they are.
    let damaged: [Finding]
    /// Digests of attachments that were damaged or gone; they are fetched again.
    let damagedBlobs: [String]
    let repair: Repair?
    /// Why the store of attachments cannot be used: then none of them was read.
    let blobStoreError: String?

    enum CodingKeys: String, CodingKey {
      case ok, links, damaged, repair
      case damagedBlobs = "damaged_blobs"
      case blobStoreError = "blob_store_error"
    }

    private var isDamaged: Bool {
      if !damagedBlobs.isEmpty { return true }
      return repair.map { !$0.isDone } ?? !damaged.isEmpty
    }

    var exitStatus: Int32 {
      if isDamaged || links.contains(where: { $0.inStep == false }) { return 1 }
      if links.contains(where: { $0.unreachable != nil }) || blobStoreError != nil { return 3 }
      return links.allSatisfy { $0.inStep == true } ? 0 : 1
    }

    func complaint(_ language: Language) -> Refusal? {
      let link = links.first { $0.unreachable != nil }
      return link.map { Refusal(.unreachable, $0.site, $0.unreachable ?? "") }
    }

    func text(_ language: Language) -> String {
      var lines = [table(language)]
      if damaged.isEmpty {
        lines.append(Words(zh: "本地数据完好", en: "the data here is sound")[language])
      } else {
        lines.append(
          Words(
            zh: "有 \(damaged.count) 处不是本程序写下的样子：",
            en: "not as this program left it, in \(damaged.count) places:")[language])
        lines += damaged.map { "  " + $0.line(language) }
        if repair == nil {
          lines.append(
            Words(
              zh: "可用 sitegroup verify --repair 修复", en: "sitegroup verify --repair mends it")[
                language])
        }
      }
      if !damagedBlobs.isEmpty {
        let names = damagedBlobs.map { String($0.prefix(16)) }.joined(separator: ", ")
        lines.append(
          Words(zh: "将重新取回的附件：\(names)", en: "attachments to be fetched again: \(names)")[
            language])
      }
      if let blobStoreError {
        let cause = CauseWords.text(blobStoreError, language)
        lines.append(
          Words(
            zh: "附件存储不可用，附件未核对：\(cause)",
            en: "the attachment store fails, attachments were not read: \(cause)")[language])
      }
      lines += (repair?.lines(language) ?? [])
      return lines.joined(separator: "\n")
    }

    private func table(_ language: Language) -> String {
      var table = TextTable(
        [
          Words(zh: "站点", en: "site")[language], Words(zh: "记录", en: "records")[language],
          Words(zh: "指纹", en: "fingerprint")[language],
          Words(zh: "一致", en: "in step")[language],
        ], right: [1])
      for link in links {
        let state =
          switch link.inStep {
          case true?: Words(zh: "是", en: "yes")
          case false?: Words(zh: "否", en: "no")
          case nil where link.unreachable == nil: Words(zh: "尚未同步", en: "not yet")
          case nil: Words(zh: "无法连接", en: "unreachable")
          }
        table.add([
          link.site, String(link.count), String(link.fingerprint.prefix(16)), state[language],
        ])
      }
      return table.text
    }
  }
}

extension Words {
  fileprivate static func ofDamage(_ what: String) -> Words {
    switch what {
    case RowDefect.What.octets.rawValue:
      Words(zh: "内容与其摘要不符", en: "its octets are not what its digest says")
    case RowDefect.What.changed.rawValue:
      Words(zh: "绕过本程序被修改", en: "was changed by something other than this program")
    case RowDefect.What.inserted.rawValue:
      Words(zh: "绕过本程序被插入", en: "was put in by something other than this program")
    case RowDefect.What.missing.rawValue:
      Words(zh: "绕过本程序被删除", en: "was taken away by something other than this program")
    default: Words.ofFault(what)
    }
  }
}
