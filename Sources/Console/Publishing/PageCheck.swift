import Bytes
import NodeCore
import Storage

/// Compares what stands in a directory with what was published there. Reads in slices, so that a
/// daemon can rest between them.
package struct PageCheck {
  private let node: Node
  private let directory: String

  /// So many are named; a thousand strangers say as much as a million.
  package static let damageMax = 1000
  private static let slicePages = 50
  /// A page longer than that is not looked at for a trailer that fits.
  private static let sealedOctetsMax: Int64 = 16 << 20

  package init(_ node: Node, directory: String? = nil) throws(Refusal) {
    self.node = node
    guard let path = directory ?? node.settings.pages?.directory else {
      throw Refusal(.missingArgument, "--to")
    }
    self.directory = PageSettings.canonical(path)
  }

  /// What is damaged, in byte order of the paths, and how much was looked at; nil where `mayGoOn`,
  /// asked between slices, says no. A finished round is kept for `status`.
  package func run(
    mayGoOn: () -> Bool = { true }
  ) throws -> (damaged: [PageDamage], checked: Int)? {
    var damaged: Set<PageDamage> = []
    var checked = 0
    var after = ""
    while true {
      guard mayGoOn() else { return nil }
      // In turn with whoever publishes, slice by slice.
      let slice = try node.pages.turn.withLock { _ in
        let slice = try node.pages.rows(in: directory, after: after, limit: PageCheck.slicePages)
        let files = try? PageDirectory(directory, creating: false)
        for row in slice {
          if let what = try look(at: row, files), damaged.count < PageCheck.damageMax {
            damaged.insert(PageDamage(path: row.path, what: what))
          }
        }
        return slice
      }
      checked += slice.count
      guard let last = slice.last else { break }
      after = last.path
    }
    let strangers = try strangers(mayGoOn)
    try node.pages.turn.withLock { _ in
      let files = try? PageDirectory(directory, creating: false)
      for path in strangers where damaged.count < PageCheck.damageMax {
        // Published, or taken away, since it was listed.
        if try node.pages.row(in: directory, path: path) != nil { continue }
        if files?.hasEntry(path) == true {
          damaged.insert(PageDamage(path: path, what: .foreign))
        }
      }
    }
    guard mayGoOn() else { return nil }
    let sorted = damaged.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try node.pages.noteCheck(sorted, in: directory, at: node.ports.now())
    return (sorted, checked)
  }

  private func look(at row: PageRow, _ files: PageDirectory?) throws -> PageDamage.What? {
    var stream = DigestStream(row.algorithm)
    var octets: [UInt8] = []
    let size = try files?.read(row.path) { piece in
      stream.update(Array(piece))
      if octets.count <= PageCheck.sealedOctetsMax { octets.append(contentsOf: piece) }
    }
    guard size != nil else {
      return row.digest == nil || row.pending == .removing ? nil : .missing
    }
    let digest = stream.finish()
    if digest == row.digest || row.pending == .writing(digest) { return nil }
    return PageFrame.isSealed(octets, row.algorithm) ? .forged : .changed
  }

  /// Files that nobody published.
  private func strangers(_ mayGoOn: () -> Bool) throws -> [String] {
    guard let files = try? PageDirectory(directory, creating: false) else { return [] }
    var found: [String] = []
    var count = 0
    try files.each { path in
      count += 1
      if count % PageCheck.slicePages == 0, !mayGoOn() { return false }
      if PageDirectory.isStaging(path) { return true }
      if try node.pages.row(in: directory, path: path) == nil { found.append(path) }
      return found.count < PageCheck.damageMax
    }
    return found
  }
}
