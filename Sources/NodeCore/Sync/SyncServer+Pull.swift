import Bytes
import Library
import Replication
import Storage
import SyncProtocol

/// The serving end of a pull: what the client has is acknowledged, then a page goes out.
extension SyncServer {
  func pull(
    _ request: PullRequest, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    try note(request.asides, link.id, in: transaction)
    for key in request.wants { try sendWhole(key, link.id, in: transaction) }
    try acknowledge(upTo: request.cursor, request.orders, link.id, in: transaction)
    let page = try page(request, link.id, in: transaction)
    if !page.items.isEmpty, transaction.clock.last > link.offered {
      try transaction.change(link.id) { $0.offered = transaction.clock.last }
    }
    let state = try transaction.linkState(link.id)
    let fingerprint = try transaction.comparableFingerprint(state)
    if state.isRefilling, !request.isPending, page.items.isEmpty, page.held == nil,
      fingerprint == request.fingerprint
    {
      try transaction.change(link.id) { $0.isRefilling = false }
    }
    let isInStep =
      page.items.isEmpty && page.held == nil && !request.isPending
      && fingerprint == request.fingerprint
    try transaction.change(link.id) { $0.isInStep = isInStep }
    var response = PullResponse(
      cursor: page.cursor, hasMore: page.hasMore, fingerprint: fingerprint,
      etag: try transaction.etag(
        try transaction.linkState(link.id), epoch: transaction.epoch,
        room: try node.room(for: link.peer, in: transaction)),
      time: transaction.now, items: page.items,
      proof: try countersign(request, link, in: transaction))
    (response.orders, response.held) = (page.orders, page.held)
    (response.readsAfter, response.sum) = (page.hasMore, page.sum)
    return response.body
  }

  private func note(
    _ asides: [AsideNote], _ link: Int64, in transaction: Transaction
  ) throws {
    for note in asides {
      guard let direction = Aside.Direction(rawValue: note.direction) else { continue }
      guard let added = note.added else {
        try transaction.clearAside(link, .peer, direction, note.key)
        continue
      }
      try transaction.setAside(
        link,
        Aside(
          side: .peer, direction: direction, key: note.key, digest: added.digest,
          reason: added.reason, detail: "", at: transaction.now))
    }
  }

  /// A wanted record moves to the end of the stream, with nothing agreed: it goes as a whole.
  private func sendWhole(_ key: RecordKey, _ link: Int64, in transaction: Transaction) throws {
    guard let row = try transaction.row(of: key), let entry = try transaction.entry(link, row),
      entry.isSent, !entry.hasLeft
    else { return }
    var new = entry
    new.agreed = nil
    new.sequence = transaction.nextSequence()
    try transaction.setEntry(link, row, from: entry, to: new)
    try transaction.clearAside(link, .peer, .pull, key)
  }

  /// Acknowledged is what a cursor is past and is not set aside, nor held back as damaged: that of
  /// orders, or that of all.
  private func acknowledge(
    upTo cursor: Int64, _ orders: Int64?, _ link: Int64, in transaction: Transaction
  ) throws {
    let state = try transaction.linkState(link)
    if cursor > state.acknowledged, cursor <= transaction.sequence {
      try acknowledge(after: state.acknowledged, upTo: cursor, link, in: transaction)
      try transaction.change(link) { $0.acknowledged = cursor }
    }
    guard let orders, orders <= transaction.sequence else { return }
    let before = max(state.ordersAcknowledged, cursor)
    if orders > before {
      try acknowledge(after: before, upTo: orders, orders: true, link, in: transaction)
    }
    try transaction.change(link) { $0.ordersAcknowledged = orders }
  }

  private func acknowledge(
    after first: Int64, upTo last: Int64, orders: Bool = false, _ link: Int64,
    in transaction: Transaction
  ) throws {
    let aside = Set(
      try transaction.asides(link, side: .peer).filter { $0.direction == .pull }.map(\.key))
    var acknowledged: [StreamEntry] = []
    try transaction.stream(
      link, after: first, upTo: last, orders: orders, unsettled: true
    ) { entry in
      if entry.isPending, !aside.contains(entry.key), try transaction.isUndamaged(entry.row) {
        acknowledged.append(entry)
      }
      return true
    }
    for one in acknowledged {
      var new = one.entry
      new.agreed = one.digest
      new.settle(with: one.digest)
      new.isOffered = false
      try transaction.setEntry(
        link, one.row, from: one.entry, to: one.entry.hasLeft ? nil : new)
    }
  }

  // MARK: the page

  private struct Page {
    var items: [StreamItem] = []
    var cursor: Int64
    /// How far orders have gone; nil where the client knows of none.
    var orders: Int64?
    /// How much waits behind them.
    var held: Int64?
    var hasMore = false
    var bytes = 0
    /// Of the wholes.
    var sum = DigestSum()
    var bytesMax: Int

    var isFull: Bool { bytes >= bytesMax || items.count >= SyncLimits.pageRecordsMax }
  }

  /// Orders first, whatever their place in the stream; then the rest in its order. Nothing of the
  /// rest goes while an order is left, so that its cursor never passes an order that has not gone.
  private func page(
    _ request: PullRequest, _ link: Int64, in transaction: Transaction
  ) throws -> Page {
    let limit = min(max(request.pageBytes, 1), SyncLimits.pageBytes)
    let first = max(request.cursor, request.after ?? request.cursor)
    var page = Page(cursor: first, bytesMax: limit)
    if let orders = request.orders {
      let start = max(request.ordersAfter ?? orders, first)
      page.orders = start
      try transaction.stream(
        link, after: start, orders: true, unsettled: true, withOctets: true
      ) { entry in
        page.hasMore = page.isFull
        if page.hasMore { return false }
        page.orders = entry.entry.sequence
        try add(entry, to: &page, request, link, in: transaction)
        return true
      }
      if page.hasMore { return page }
      // Those that were passed over are behind it, too.
      page.orders = max(start, try transaction.linkState(link).head)
      if request.isOrdersOnly {
        let held = try heldCount(page, link, in: transaction)
        page.held = held == 0 ? nil : held
        if held > 0 { return page }
      }
      if !page.items.isEmpty { page.bytesMax = limit / SyncLimits.ordersPageShare }
    }
    try transaction.stream(link, after: first, unsettled: true, withOctets: true) { entry in
      page.hasMore = page.isFull
      if page.hasMore { return false }
      page.cursor = entry.entry.sequence
      if entry.entry.isOrder, let orders = page.orders, page.cursor <= orders { return true }
      try add(entry, to: &page, request, link, in: transaction)
      return true
    }
    if !page.hasMore { page.cursor = max(first, try transaction.linkState(link).head) }
    return page
  }

  private func add(
    _ entry: StreamEntry, to page: inout Page, _ request: PullRequest, _ link: Int64,
    in transaction: Transaction
  ) throws {
    guard entry.isPending, try transaction.isUndamaged(entry.row) else { return }
    if entry.entry.hasLeft {
      page.items.append(.left(entry.key))
      page.bytes += 32
      return
    }
    let aside = try transaction.aside(link, .peer, .pull, entry.key)
    if aside != nil && aside?.digest == entry.digest { return }
    let item = try transaction.sound(
      entry, for: request.dictionaries, checks: request.asksForChecked, &page.sum)
    if let item {
      page.items.append(item)
      page.bytes += item.weight
    }
  }

  /// How much is behind the cursor that is no order, up to a bound.
  private func heldCount(
    _ page: Page, _ link: Int64, in transaction: Transaction
  ) throws -> Int64 {
    var count: Int64 = 0
    try transaction.stream(link, after: page.cursor, unsettled: true) { entry in
      if entry.isPending, !entry.entry.isOrder, try transaction.isUndamaged(entry.row) {
        let aside = try transaction.aside(link, .peer, .pull, entry.key)
        if aside == nil || aside?.digest != entry.digest { count += 1 }
      }
      return count < Self.heldMax
    }
    return count
  }

  private static let heldMax: Int64 = 10_000
}
