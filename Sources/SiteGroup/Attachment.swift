import Bytes
import Replication

/// 附件: a file that belongs to an item, named by the digest of its octets. A cell holds
/// `[[digest, size, name, media type] …]`; what a newer version adds behind is skipped.
package struct Attachment: Hashable, Sendable, CellValue {
  package let digest: Digest
  package let size: Int64
  package let name: String
  package let mediaType: String

  package init(digest: Digest, size: Int64, name: String, mediaType: String) {
    self.digest = digest
    self.size = size
    self.name = name
    self.mediaType = mediaType
  }

  package init(_ reader: inout CBORReader) throws(Malformed) {
    let start = reader.offset
    let count = try reader.array()
    guard count >= 4 else { throw Malformed("an attachment has four members", at: start) }
    digest = try Digest(&reader)
    size = try reader.integer()
    guard size > 0 else { throw Malformed("an attachment has octets", at: start) }
    name = try reader.text()
    mediaType = try reader.text()
    for _ in 4..<count { _ = try reader.skip() }
  }

  package func write(to writer: inout CBORWriter) {
    writer.array(4)
    writer.octets(digest.bytes)
    writer.integer(size)
    writer.text(name)
    writer.text(mediaType)
  }

  /// By the ending of a file's name, as web servers do.
  package static func mediaType(ofName name: String) -> String {
    guard let point = name.utf8.lastIndex(of: 0x2E) else { return unknownType }
    let ending = String(decoding: name.utf8[point...].dropFirst().map(lowered), as: UTF8.self)
    return types[ending] ?? unknownType
  }

  private static func lowered(_ octet: UInt8) -> UInt8 {
    (0x41...0x5A).contains(octet) ? octet | 0x20 : octet
  }

  private static let unknownType = "application/octet-stream"
  private static let office = "application/vnd.openxmlformats-officedocument."
  private static let types = [
    "pdf": "application/pdf", "ofd": "application/ofd", "doc": "application/msword",
    "docx": office + "wordprocessingml.document", "xls": "application/vnd.ms-excel",
    "xlsx": office + "spreadsheetml.sheet", "ppt": "application/vnd.ms-powerpoint",
    "pptx": office + "presentationml.presentation", "wps": "application/vnd.ms-works",
    "zip": "application/zip", "rar": "application/vnd.rar", "7z": "application/x-7z-compressed",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "txt": "text/plain", "csv": "text/csv",
    "html": "text/html", "htm": "text/html", "xml": "application/xml",
    "json": "application/json",
  ]
}

extension ItemRecord {
  package var attachments: [Attachment] { record.attachments }
}

extension Record {
  package static let attachmentsCell = "attachments"

  package var attachments: [Attachment] {
    Array((value(Record.attachmentsCell) ?? []).prefix(ItemLimits.attachmentsMax))
  }

  /// Also those of versions that lost while co-editing: an operator may restore them. Each digest
  /// once, in order.
  package var attachmentsOfAllVersions: [Attachment] {
    let versions: [CellVersion] =
      switch cell(Record.attachmentsCell) {
      case .coedited(let versions, _)?, .other(_, let versions)?: versions
      case .latest(let version)?: [version]
      case .rung?, nil: []
      }
    var found: [Digest: Attachment] = [:]
    for version in versions {
      let list = [Attachment](canonical: version.value) ?? []
      for one in list.prefix(ItemLimits.attachmentsMax) where found[one.digest] == nil {
        found[one.digest] = one
      }
    }
    return found.values.sorted { $0.digest < $1.digest }
  }
}
