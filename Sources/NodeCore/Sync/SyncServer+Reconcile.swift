import Bytes
import Library
import Replication
import Storage
import SyncProtocol

/// Answers what differs between the child's records and those that it is to hold. Keeps nothing
/// from one request to the next.
extension SyncServer {
  func reconcile(
    _ request: ReconcileRequest, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    if request.namesNothing { return try startOver(request, transaction, link) }
    let head = transaction.sequence
    if request.begins { try beginReconciling(request.head.epoch, head, link, in: transaction) }
    var response = ReconcileResponse(
      epoch: transaction.epoch, head: head, time: transaction.now, answers: [], differing: [])
    for (place, one) in request.compared.enumerated() {
      let mine = try transaction.scopeFingerprint(link.id, one.range)
      if mine == one.fingerprint {
        try agree(one.range, link.id, in: transaction)
      } else {
        response.differing.append(ReconcileResponse.Differing(place: place, count: mine.count))
      }
    }
    for one in request.listed {
      let held = Dictionary(
        one.held.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
      try transaction.eachEntry(link.id, one.range) { lacking in
        if held[lacking.key] == nil { try send(lacking, link.id, in: transaction) }
      }
      for (key, copy) in held.sorted(by: { $0.key < $1.key }) {
        let state = try transaction.linkState(link.id)
        // A key that is not named is the same.
        let answer = try reconcile(key, copy, state, transaction)
        if answer != .same {
          response.answers.append(ReconcileResponse.Answered(key: key, answer: answer))
        }
      }
    }
    return response.body
  }

  /// The child has nothing of what it was sent: it is sent all that it is to hold, in the order in
  /// which that stands. No record is looked at and none is moved: there may be a million.
  private func startOver(
    _ request: ReconcileRequest, _ transaction: Transaction, _ link: LinkState
  ) throws -> [UInt8] {
    if link.acknowledged > 0 || link.fingerprint != Fingerprint() {
      try transaction.startOver(link.id)
    }
    try beginReconciling(request.head.epoch, 0, link, in: transaction)
    return ReconcileResponse(
      epoch: transaction.epoch, head: 0, time: transaction.now, answers: [], differing: []
    ).body
  }

  /// The child holds exactly what it is to hold in the range: the same as if it had named every
  /// key, and none that is not in scope.
  private func agree(_ range: KeyRange, _ link: Int64, in transaction: Transaction) throws {
    try transaction.eachEntry(link, range) { one in
      var new: LinkEntry?
      if one.entry.isInScope, let digest = one.digest {
        new = LinkEntry(sequence: one.entry.sequence, agreed: digest, isInScope: true)
        new?.settle(with: digest)
      }
      try transaction.setEntry(link, one.row, from: one.entry, to: new)
    }
  }

  private func beginReconciling(
    _ epoch: [UInt8], _ head: Int64, _ link: LinkState, in transaction: Transaction
  ) throws {
    if epoch != link.peerEpoch {
      if let past = link.peerEpoch { try transaction.addPastEpoch(link.id, past) }
      try transaction.change(link.id) { $0.peerEpoch = epoch }
    }
    try transaction.dropAsides(link.id, side: .peer)
    try transaction.change(link.id) {
      ($0.acknowledged, $0.ordersAcknowledged) = (head, head)
    }
  }

  /// The client does not have it.
  private func send(
    _ one: StreamEntry, _ link: Int64, in transaction: Transaction
  ) throws {
    guard one.digest != nil, one.entry.isInScope else {
      return try transaction.setEntry(link, one.row, from: one.entry, to: nil)
    }
    try restart(link, one.row, one.entry, agreed: nil, in: transaction)
  }

  /// One key that the client has.
  private func reconcile(
    _ key: RecordKey, _ held: ReconcileRequest.Held, _ link: LinkState,
    _ transaction: Transaction
  ) throws -> ReconcileResponse.Answer {
    let known = try transaction.digest(of: key)
    let mine = known?.digest
    let entry = try known.flatMap { try transaction.entry(link.id, $0.row) }
    let isInScope = mine != nil && entry?.isInScope == true
    // Nothing of its own ever leaves a store: what it lacks of that, it has lost.
    let isLost = mine == nil && key.owner == node.site
    if held.digest != mine, !isInScope, mine != nil || link.isRefilling || isLost { return .send }
    if let known, mine != nil, isInScope || held.isSent {
      let isSame = held.digest == mine
      try restart(
        link.id, known.row, entry, agreed: isSame ? held.digest : nil, in: transaction)
      // What is purged stays with every link that knows of it.
      if isSame, !isInScope, let stored = try transaction.record(key), stored.record.isPurged {
        try node.library.scope.refresh(stored, in: transaction)
      }
      return isSame ? .same : .send
    }
    if held.isSent {
      if let known { try transaction.setEntry(link.id, known.row, from: entry, to: nil) }
      return .send
    }
    if let known, let entry, entry.hasLeft {
      // Said again by the next pull, whose cursor acknowledges it.
      var gone = entry
      gone.sequence = transaction.nextSequence()
      try transaction.setEntry(link.id, known.row, from: entry, to: gone)
      return .left
    }
    return mine != nil ? .left : .unknown
  }

  private func restart(
    _ link: Int64, _ row: Int64, _ entry: LinkEntry?, agreed: Digest?,
    in transaction: Transaction
  ) throws {
    let new = LinkEntry(
      sequence: transaction.nextSequence(), agreed: agreed,
      isInScope: entry?.isInScope ?? false, isOrder: entry?.isOrder ?? false)
    try transaction.setEntry(link, row, from: entry, to: new)
  }
}
