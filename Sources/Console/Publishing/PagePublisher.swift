import Bytes
import HTTPCore
import NodeCore
import SiteGroup
import Storage

/// How a round of publishing went.
package struct PublishReport: Sendable, Equatable {
  package var written = 0
  package var removed = 0
  package var unchanged = 0
  /// Files that what they show has overtaken: the next round makes them.
  package var overtaken = 0
  /// Whether it was told to stop before it was done.
  package var isInterrupted = false

  package init() {}
}

/// Brings the files of a directory to what the node's state is now. Compares all that is to be
/// there with what was published, and touches only what differs, in small batches. Whatever ends
/// it, the next round goes on: a file is announced in the manifest before it is touched.
package struct PagePublisher {
  private let node: Node
  private let settings: PageSettings?
  private let directory: String

  static let batchPages = 40
  static let batchOctets = 4 << 20
  private static let attachmentPieceOctets: Int64 = 1 << 20

  /// `directory`: another than the settings name.
  package init(_ node: Node, directory: String? = nil) throws(Refusal) {
    self.node = node
    settings = node.settings.pages
    guard let path = directory ?? settings?.directory else {
      throw Refusal(.missingArgument, "--to")
    }
    self.directory = PageSettings.canonical(path)
    // A web server would serve the node's keys.
    let own = PageSettings.canonical(node.store.path)
    guard !own.utf8.starts(with: Array(self.directory.utf8) + [0x2F]) else {
      throw Refusal(.badValue, "--to", path, OutputFile.folder(of: node.store.path) + "/…")
    }
  }

  /// `all`: also what has not changed. `renewing`: these paths, whether they have or not.
  package func publish(
    all: Bool = false, renewing: Set<String> = [], dryRun: Bool = false,
    mayGoOn: () -> Bool = { true }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> PublishReport {
    try node.pages.turn.withLock { _ in
      let plan = try node.pagePlan(settings)
      let difference = try difference(of: plan) { all || renewing.contains($0.path) }
      let (changed, gone) = (difference.changed, difference.gone)
      var report = PublishReport()
      report.unchanged = plan.pages.count - changed.count
      if dryRun {
        (report.written, report.removed) = (changed.count, gone.count)
        return report
      }
      if changed.isEmpty, gone.isEmpty { return report }
      let files = try PageDirectory(directory, creating: true)
      if difference.isFirst { try requireOwn(files) }
      // What must not be seen any more goes first.
      try remove(gone, files, &report, mayGoOn)
      var batches = Batches(changed[...])
      while let batch = batches.next() {
        guard mayGoOn() else {
          report.isInterrupted = true
          break
        }
        try write(batch, plan, files, &report)
        progress(report.written, changed.count)
      }
      try node.pages.notePublished(in: directory, at: node.ports.now())
      return report
    }
  }

  private struct Difference {
    var changed: [PlannedPage] = []
    var gone: [PageRow] = []
    /// Whether nothing was ever published here.
    var isFirst = true
  }

  private static let rowsAtOnce = 500

  /// Plan and manifest are in the order of their paths: both are walked once, side by side.
  private func difference(
    of plan: PagePlan, renewing isRenewed: (PlannedPage) -> Bool
  ) throws -> Difference {
    var difference = Difference()
    var rest = plan.pages[...]
    var after = ""
    while true {
      let rows = try node.pages.rows(
        in: directory, after: after, limit: PagePublisher.rowsAtOnce)
      guard let last = rows.last else { break }
      difference.isFirst = false
      after = last.path
      for row in rows {
        while let page = rest.first, page.path.utf8.lexicographicallyPrecedes(row.path.utf8) {
          difference.changed.append(page)
          rest = rest.dropFirst()
        }
        guard let page = rest.first, page.path.utf8.elementsEqual(row.path.utf8) else {
          difference.gone.append(row)
          continue
        }
        rest = rest.dropFirst()
        let isAsItWas =
          row.pending == nil && row.source == page.source
          && row.algorithm == plan.site.facts.algorithm
        if !isAsItWas || isRenewed(page) { difference.changed.append(page) }
      }
    }
    difference.changed += rest
    return difference
  }

  /// A directory where others keep files is not taken over by mistake.
  private func requireOwn(_ files: PageDirectory) throws {
    var stranger: String?
    try files.each { path in
      if PageDirectory.isStaging(path) { return true }
      stranger = path
      return false
    }
    guard stranger != nil else { return }
    var home: [UInt8] = []
    _ = try files.read(PagePath.home) { home.append(contentsOf: $0) }
    for algorithm in DigestAlgorithm.allCases where PageFrame.isSealed(home, algorithm) { return }
    throw Refusal(.fileExists, "\(directory)/\(stranger ?? "")")
  }

  // MARK: batches

  private func remove(
    _ rows: [PageRow], _ files: PageDirectory, _ report: inout PublishReport,
    _ mayGoOn: () -> Bool
  ) throws {
    var rest = rows[...]
    while !rest.isEmpty {
      guard mayGoOn() else { return report.isInterrupted = true }
      let batch = rest.prefix(PagePublisher.batchPages).map { row in
        PageRow(
          path: row.path, item: row.item, source: row.source, algorithm: row.algorithm,
          digest: row.digest, pending: .removing, publishedAt: row.publishedAt)
      }
      rest = rest.dropFirst(batch.count)
      try node.pages.intend(batch, in: directory)
      for row in batch { try files.remove(row.path) }
      try node.pages.settle(batch, in: directory)
      report.removed += batch.count
    }
  }

  private func write(
    _ batch: ArraySlice<PlannedPage>, _ plan: PagePlan, _ files: PageDirectory,
    _ report: inout PublishReport
  ) throws {
    var (rows, staged): ([PageRow], [PageDirectory.Staged]) = ([], [])
    for page in batch {
      let algorithm = plan.site.facts.algorithm
      guard let (file, digest) = try stage(page, plan, files, number: staged.count) else {
        report.overtaken += 1
        continue
      }
      staged.append(file)
      rows.append(
        PageRow(
          path: page.path, item: page.item, source: page.source, algorithm: algorithm,
          digest: try node.pages.row(in: directory, path: page.path)?.digest,
          pending: .writing(digest), publishedAt: node.ports.now()))
    }
    try node.pages.intend(rows, in: directory)
    try files.commit(staged)
    try node.pages.settle(rows, in: directory)
    report.written += rows.count
  }

  /// Nil where what it shows is not what was planned any more.
  private func stage(
    _ page: PlannedPage, _ plan: PagePlan, _ files: PageDirectory, number: Int
  ) throws -> (PageDirectory.Staged, Digest)? {
    let algorithm = plan.site.facts.algorithm
    if case .attachment(let attachment) = page.content {
      return try node.pinningAttachment(attachment.digest) {
        var stream = DigestStream(algorithm)
        do {
          let file = try files.stage(page.path, number: number) { write in
            var offset: Int64 = 0
            while offset < attachment.size {
              let end = min(offset + PagePublisher.attachmentPieceOctets, attachment.size)
              let octets = try node.blobs.octets(of: attachment.digest, in: offset..<end)
              stream.update(octets)
              try write(octets[...])
              offset = end
            }
          }
          return (file, stream.finish())
        } catch BlobFault.missing, BlobFault.damaged {
          return nil
        }
      }
    }
    guard let octets = try node.pageOctets(page, of: plan) else { return nil }
    let sealed = PageFrame.sealed(octets, algorithm)
    let file = try files.stage(page.path, number: number) { try $0(sealed[...]) }
    return (file, algorithm.digest(sealed))
  }
}

/// Gives out what is to be written, a batch at a time; attachments one by one.
private struct Batches {
  private var rest: ArraySlice<PlannedPage>

  init(_ pages: ArraySlice<PlannedPage>) { rest = pages }

  mutating func next() -> ArraySlice<PlannedPage>? {
    var end = rest.startIndex
    while end < rest.endIndex, end - rest.startIndex < PagePublisher.batchPages {
      if case .attachment(let one) = rest[end].content, one.size > PagePublisher.batchOctets {
        if end == rest.startIndex { end += 1 }
        break
      }
      end += 1
    }
    defer { rest = rest[end...] }
    return end == rest.startIndex ? nil : rest[..<end]
  }
}

extension Node {
  /// The octets of a page, without its trailer; nil where what it shows has changed since.
  fileprivate func pageOctets(_ page: PlannedPage, of plan: PagePlan) throws -> [UInt8]? {
    let site = plan.site
    switch page.content {
    case .home: return ListPages.home(site)
    case .column(let number, let older):
      return ListPages.column(site.columns[number], page: older, site.facts)
    case .feed(let number):
      let shown = number.map { Array(site.columns[$0].items.prefix(SiteFeeds.entriesMax)) }
      let entries = try (shown ?? site.newest(SiteFeeds.entriesMax)).compactMap { one in
        // As this column shows it.
        try itemSource(ItemPages(shown: one, columns: number.map { [$0] } ?? []), of: site)
      }
      return SiteFeeds.feed(number.map { site.columns[$0] }, entries, site.facts)
    case .item(let key):
      guard let pages = site.items[key] else { return nil }
      return try itemSource(pages, of: site).map { ItemPage.page($0, site.facts) }
    case .sitemap(let part):
      if let part { return SiteFeeds.sitemap(plan.addresses(ofPart: part)) }
      if plan.parts == 1 { return SiteFeeds.sitemap(plan.addresses(ofPart: 1)) }
      let parts = plan.pages.compactMap { page in
        if case .sitemap(part: .some) = page.content { site.facts.address(page.path) } else { nil }
      }
      return SiteFeeds.sitemapIndex(parts)
    case .attachment: return nil
    }
  }
}
