import HTTPCore
import Replication
import Storage

extension Node {
  /// Where readers find an item's page; nil where none stands, or the site has told no address.
  func pageAddress(of item: RecordKey) throws -> String? {
    guard let settings = settings.pages, let url = settings.url else { return nil }
    let path = PagePath.item(item)
    guard let row = try pages.row(in: settings.directory, path: path), row.digest != nil,
      row.pending != .removing
    else { return nil }
    return "\(url)/\(path)"
  }
}
