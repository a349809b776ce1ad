import Bytes
import Replication
import SiteGroup

/// The names of published files: made of codes, ids and digests, never of anybody's text. Ids stay
/// when titles and columns change, so addresses stay too.
package enum PagePath {
  package static let home = "index.html"
  package static let siteFeed = "feed.xml"
  package static let sitemap = "sitemap.xml"

  /// `item/360423/ab/abcd….html`
  package static func item(_ key: RecordKey) -> String {
    let id = key.id.description
    return "item/\(key.owner)/\(id.prefix(2))/\(id).html"
  }

  /// `number` counts from the oldest; nil is the newest page.
  package static func column(_ key: RecordKey, page number: Int? = nil) -> String {
    "column/\(key.id)/" + (number.map { "\($0).html" } ?? home)
  }

  package static func feed(of column: RecordKey) -> String { "column/\(column.id)/feed.xml" }

  package static func sitemap(part number: Int) -> String { "sitemap-\(number).xml" }

  /// What a browser would run is served under no name that says what it is.
  package static func attachment(_ attachment: Attachment) -> String {
    let digest = attachment.digest.description
    return "file/\(digest.prefix(2))/\(digest).\(endings[attachment.mediaType] ?? "bin")"
  }

  private static let endings = [
    "application/pdf": "pdf", "application/ofd": "ofd", "application/msword": "doc",
    "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.ms-works": "wps", "application/zip": "zip", "application/vnd.rar": "rar",
    "application/x-7z-compressed": "7z", "image/jpeg": "jpg", "image/png": "png",
    "image/gif": "gif", "image/webp": "webp", "image/tiff": "tif", "audio/mpeg": "mp3",
    "video/mp4": "mp4", "text/plain": "txt", "text/csv": "csv",
  ]
}
