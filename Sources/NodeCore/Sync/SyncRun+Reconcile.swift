import Library
import Replication
import Storage
import SyncProtocol

/// What has been asked of a reconciliation, and what is still to be asked.
struct Reconciling {
  var walk = RangeWalk()
  /// The upstream's sequence before it began; nil until the first answer.
  var head: Int64?
  var compared: [ReconcileRequest.Compared] = []
  var listed: [ReconcileRequest.Listed] = []
}

extension SyncRun {
  func reconcileCall() throws -> SyncCall {
    try write { transaction in
      let head = try head(in: transaction)
      let begins = reconciling.head == nil
      (reconciling.compared, reconciling.listed) = ([], [])
      if begins {
        // Begins anew in the next session, unless it is done.
        try transaction.change(linkID) { ($0.peerEpoch, $0.etag) = (nil, nil) }
      }
      // Nothing has come yet and nothing is agreed on: naming keys would tell nothing.
      if begins, try head.number == 1 || transaction.isUnused(linkID) {
        reconciling.walk = RangeWalk([])
        reconciling.listed = [.nothing]
      } else {
        if begins {
          let keys = try transaction.heldKeys(.all)
          reconciling.walk = RangeWalk(KeyRange.all.split(keys, into: RangeWalk.parts))
        }
        try nameRanges(in: transaction)
      }
      return SyncCall(
        .reconcile,
        body: ReconcileRequest(
          head: head, begins: begins, compared: reconciling.compared, listed: reconciling.listed
        ).body)
    }
  }

  private func nameRanges(in transaction: Transaction) throws {
    let compared = reconciling.walk.takeCompared(atMost: SyncLimits.reconcileRangesMax / 2)
    reconciling.compared = try compared.map { range in
      ReconcileRequest.Compared(
        range: range, fingerprint: try transaction.heldFingerprint(range))
    }
    var room = SyncLimits.reconcileKeysMax
    while reconciling.listed.count < SyncLimits.reconcileRangesMax / 2,
      let range = reconciling.walk.takeListed()
    {
      let held = try held(range, in: transaction)
      if held.count > room {
        let keys = held.map(\.key.octets)
        // Only a range that has grown since it was cut is too great for a request of its own.
        let parts = reconciling.listed.isEmpty ? 2 : 1
        for part in range.split(keys, into: parts) { reconciling.walk.list(part) }
        if reconciling.listed.isEmpty { continue }
        break
      }
      room -= held.count
      reconciling.listed.append(ReconcileRequest.Listed(range: range, held: held))
    }
  }

  private func held(
    _ range: KeyRange, in snapshot: Snapshot
  ) throws -> [ReconcileRequest.Held] {
    var held: [ReconcileRequest.Held] = []
    try snapshot.held(range, linkID) { _, key, digest, entry in
      held.append(
        ReconcileRequest.Held(key: key, digest: digest, isSent: entry?.isInScope ?? false))
      return true
    }
    return held
  }

  func reconciled(_ response: ReconcileResponse) throws -> SyncSession.Event {
    try write { transaction in
      transaction.attribute(
        to: act("reconcile", at: try transaction.linkState(linkID).peer), .onRecords)
      try transaction.change(linkID) { $0.last = toldTicket ?? $0.next }
      try transaction.heard(linkID, peerTime: response.time)
      if reconciling.head == nil {
        try transaction.dropAsides(linkID, side: .mine)
        try transaction.clearUnknown(linkID, nil)
        reconciling.head = response.head
      }
      let differing = Dictionary(
        response.differing.map { ($0.place, $0.count) }, uniquingKeysWith: { first, _ in first })
      for (place, one) in reconciling.compared.enumerated() {
        if let theirs = differing[place] {
          reconciling.walk.differs(
            one.range, keys: try transaction.heldKeys(one.range), theirs: theirs,
            listedMax: SyncLimits.reconcileKeysMax)
        } else {
          try agree(one, in: transaction)
        }
      }
      let answers = Dictionary(
        response.answers.map { ($0.key, $0.answer) }, uniquingKeysWith: { first, _ in first })
      for held in reconciling.listed.flatMap(\.held) {
        try settle(held, answers[held.key] ?? .same, in: transaction)
      }
      if !reconciling.walk.isDone { return .reconciled(isDone: false) }
      try transaction.change(linkID) {
        $0.peerEpoch = response.epoch
        $0.cursor = reconciling.head ?? response.head
        $0.orders = $0.cursor
        $0.pushed = 0
      }
      return .reconciled(isDone: true)
    }
  }

  /// Both ends hold the same in the range: as if each of its keys had been answered `same`. Where
  /// something was written here meanwhile, the range is asked for again.
  private func agree(
    _ one: ReconcileRequest.Compared, in transaction: Transaction
  ) throws {
    guard try transaction.heldFingerprint(one.range) == one.fingerprint else {
      return reconciling.walk.again(one.range)
    }
    var changed: [(row: Int64, old: LinkEntry?, new: LinkEntry)] = []
    try transaction.held(one.range, linkID) { row, _, digest, old in
      let new = LinkEntry(
        sequence: old?.sequence ?? transaction.nextSequence(), agreed: digest,
        isInScope: old?.isInScope ?? false)
      if old != new { changed.append((row, old, new)) }
      return true
    }
    for (row, old, new) in changed {
      try transaction.setEntry(linkID, row, from: old, to: new)
      if old == nil, let stored = try transaction.record(row: row) {
        try node.library.scope.refresh(stored, in: transaction)
      }
    }
  }

  private func settle(
    _ one: ReconcileRequest.Held, _ answer: ReconcileResponse.Answer, in transaction: Transaction
  ) throws {
    switch answer {
    case .left: try drop(one.key, in: transaction)
    case .unknown:
      try transaction.addUnknown(linkID, one.key)
      guard let row = try transaction.row(of: one.key) else { return }
      try transaction.setEntry(linkID, row, from: try transaction.entry(linkID, row), to: nil)
    case .same, .send:
      guard let (row, present) = try transaction.digest(of: one.key), present != nil else {
        return
      }
      let old = try transaction.entry(linkID, row)
      let entry = LinkEntry(
        sequence: transaction.nextSequence(), agreed: answer == .same ? one.digest : nil,
        isInScope: old?.isInScope ?? false, isOffered: answer == .send,
        isOrder: old?.isOrder ?? false)
      try transaction.setEntry(linkID, row, from: old, to: entry)
      if old == nil, let stored = try transaction.record(row: row) {
        try node.library.scope.refresh(stored, in: transaction)
      }
    }
  }
}
