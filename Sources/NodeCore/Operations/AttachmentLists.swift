import Bytes
import Replication
import SiteGroup
import Storage

extension Attachment {
  /// A file takes the place of one of its name.
  static func list(_ old: [Attachment], adding new: [Attachment]) throws -> [Attachment] {
    var list = old
    for one in new {
      if let place = list.firstIndex(where: { $0.isNamed(one.name) }) {
        list[place] = one
      } else {
        list.append(one)
      }
    }
    guard list.count <= ItemLimits.attachmentsMax else {
      throw Refusal(.badField, Record.attachmentsCell, "…", "≤ \(ItemLimits.attachmentsMax)")
    }
    return list
  }

  func isNamed(_ name: String) -> Bool { self.name.utf8.elementsEqual(name.utf8) }
}

/// An attachment as `item show` tells of it.
package struct AttachmentDetail: Codable, Sendable, Equatable {
  package let name: String
  package let size: Int64
  package let digest: String
  package let type: String
  /// `present`, or `pending` while its octets are on their way.
  package let state: String

  init(_ attachment: Attachment, in snapshot: Snapshot) throws {
    name = attachment.name
    size = attachment.size
    digest = attachment.digest.description
    type = attachment.mediaType
    state = try snapshot.hasBlob(attachment.digest) ? "present" : "pending"
  }

  static func table(_ attachments: [AttachmentDetail], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["附件", "字节", "类型", "状态"], right: [1])
      : TextTable(["attachment", "bytes", "type", "state"], right: [1])
    for one in attachments {
      let state =
        one.state == "present"
        ? Words(zh: "已到", en: "present") : Words(zh: "附件待到", en: "pending")
      table.add([
        TextTable.clipped(one.name, cellsMax: 60), String(one.size), one.type, state[language],
      ])
    }
    return table.text
  }
}
