import CLinux
import Glibc
import HTTPCore

enum LoopMessage: Sendable {
  case adopt(Acceptor.Accepted)
  case outcome(UInt64, Outcome)
  case wake(String)
  case stop(drainMilliseconds: Int64)
}

/// One connection's socket beside its state machine. Lives on the loop's thread only.
final class ConnectionSlot {
  let descriptor: Int32
  let key: UInt64
  let peer: PeerAddress
  let listenerIndex: Int
  let isUnix: Bool
  var machine: ServerConnection
  /// The kernel may have octets, or room, for us.
  var isReadable = true
  var isHungUp = false
  /// Waits in the list of those that had more than their share in one turn.
  var isQueued = false
  /// The time under which it stands in the deadline queue.
  var queuedDeadline: Int64?
  var accountedBytes = 0
  /// The board's serial when the present job was given out.
  var jobSerial: UInt64 = 0
  var topic: String?

  init(_ accepted: Acceptor.Accepted, machine: ServerConnection) {
    descriptor = accepted.descriptor
    key = accepted.key
    peer = accepted.peer
    listenerIndex = accepted.listenerIndex
    isUnix = accepted.isUnix
    self.machine = machine
  }
}

/// Moves octets between sockets and state machines, on one thread. Of several loops the first has
/// the listeners, and gives each connection to the loop whose turn it is, for its whole life.
final class EventLoop {
  // Keys below 2^32 are no connections: those have a generation in their upper half.
  static let mailboxKey: UInt64 = 0
  static let readBytes = 65_536
  static let readsPerTurn = 4

  /// What the loops of one server share.
  struct Shared: Sendable {
    let pool: WorkerPool
    let limits: ServerLimits
    let totals: Locked<ServerTotals>
    let onRefusal: HTTPRefusalObserver
    let ready: HTTPReadyHandler
  }

  let epoll: Epoll
  let mailbox: Mailbox<LoopMessage>
  let pool: WorkerPool
  let limits: ServerLimits
  var acceptor: Acceptor
  var slots: [ConnectionSlot?] = []
  var deadlines = DeadlineQueue()
  var board = HoldBoard()
  var queued: [ConnectionSlot] = []
  var now = monotonicMilliseconds()
  var drainDeadline: Int64?
  let onRefusal: HTTPRefusalObserver
  let ready: HTTPReadyHandler
  var clock = DateClock()
  let totals: Locked<ServerTotals>
  /// The loops that connections are given to, in turn; this one among them.
  private let mailboxes: [Mailbox<LoopMessage>]
  private var turn = 0
  /// Connections of this loop.
  private var population = 0
  private let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: EventLoop.readBytes, alignment: 16)

  /// `index`: which of the mailboxes is its own. The listeners are for the first.
  init(
    _ index: Int, of mailboxes: [Mailbox<LoopMessage>], epoll: Epoll,
    listeners: [ListeningSocket], _ shared: Shared
  ) {
    self.epoll = epoll
    self.mailboxes = mailboxes
    mailbox = mailboxes[index]
    pool = shared.pool
    limits = shared.limits
    totals = shared.totals
    onRefusal = shared.onRefusal
    ready = shared.ready
    acceptor = Acceptor(
      listeners: index == 0 ? listeners : [], limits: shared.limits, totals: shared.totals)
  }

  deinit { scratch.deallocate() }

  func run() {
    epoll.watchReadable(mailbox.descriptor, key: Self.mailboxKey)
    acceptor.open(epoll)
    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 512)
    defer { events.deallocate() }
    while !isFinished {
      let count = epoll.wait(milliseconds: patience, into: events)
      now = monotonicMilliseconds()
      for event in events[..<count] { handle(Epoll.Ready(event)) }
      continueQueued()
      expire()
      acceptor.resume(epoll, at: now)
    }
    acceptor.shut()
    for slot in slots { if let slot { drop(slot) } }
  }

  private var isFinished: Bool {
    guard let drainDeadline else { return false }
    return population == 0 || now >= drainDeadline
  }

  /// How long epoll may wait.
  private var patience: Int32 {
    if !queued.isEmpty { return 0 }
    let next = min(
      deadlines.next ?? .max, drainDeadline ?? .max, acceptor.resumesAt ?? .max)
    if next == .max { return -1 }
    return Int32(clamping: max(0, next - monotonicMilliseconds()))
  }

  private func handle(_ ready: Epoll.Ready) {
    if ready.key == Self.mailboxKey {
      for message in mailbox.take() { handle(message) }
    } else if ready.key <= UInt64(UInt32.max) {
      accept(listener: Int(ready.key) - 1)
    } else if let slot = slot(ready.key) {
      if ready.isReadable { slot.isReadable = true }
      if ready.isHungUp { slot.isHungUp = true }
      if ready.isHungUp, slot.machine.isWaiting {
        // A client that closes while it waits is dropped.
        settle(slot, slot.machine.receiveEnd())
      } else {
        advance(slot)
      }
    }
  }

  private func handle(_ message: LoopMessage) {
    switch message {
    case .adopt(let accepted):
      adopt(accepted)
    case .outcome(let key, let outcome):
      if let slot = slot(key) { settle(slot, take(outcome, for: slot)) }
    case .wake(let topic):
      for key in board.wake(topic) {
        guard let slot = slot(key) else { continue }
        slot.topic = nil
        settle(slot, slot.machine.resume(timedOut: false))
      }
    case .stop(let drainMilliseconds):
      drainDeadline = now + drainMilliseconds
      acceptor.shut()
      // Behind what it has given to the others.
      if mailbox === mailboxes[0] {
        for other in mailboxes.dropFirst() { other.post(message) }
      }
      for slot in slots { if let slot { settle(slot, slot.machine.drain()) } }
    }
  }

  /// What is to be done of a handler's outcome, before the connection goes on.
  func take(_ outcome: Outcome, for slot: ConnectionSlot) -> ServerConnection.Effect {
    switch outcome {
    case .response(let octets, let closing, let delay):
      slot.machine.respond(octets, closing: closing, afterMilliseconds: delay, at: now)
      return slot.isHungUp && slot.machine.isWaiting ? .close : .none
    case .hold(let topic, let milliseconds):
      if slot.isHungUp { return .close }
      guard board.hold(slot.key, topic: topic, begunAt: slot.jobSerial) else {
        return slot.machine.resume(timedOut: false)
      }
      slot.topic = topic
      return slot.machine.hold(topic: topic, milliseconds: milliseconds, at: now)
    }
  }

  private func accept(listener index: Int) {
    for accepted in acceptor.accept(index, epoll, at: now) {
      let next = mailboxes[turn % mailboxes.count]
      turn += 1
      if next === mailbox { adopt(accepted) } else { next.post(.adopt(accepted)) }
    }
  }

  private func adopt(_ accepted: Acceptor.Accepted) {
    guard epoll.watchEdges(accepted.descriptor, key: accepted.key) else {
      totals.withLock { $0.leave(accepted.peer) }
      close(accepted.descriptor)
      return
    }
    population += 1
    var machine = ServerConnection(limits: limits, now: now)
    if accepted.isRefused {
      machine.refuse(HTTPFault(503, "too many connections"), at: now)
    }
    let slot = ConnectionSlot(accepted, machine: machine)
    let number = Int(accepted.descriptor)
    while slots.count <= number { slots.append(nil) }
    slots[number] = slot
    advance(slot)
  }

  func slot(_ key: UInt64) -> ConnectionSlot? {
    let number = Int(key & 0xFFFF_FFFF)
    guard number < slots.count, let slot = slots[number], slot.key == key else { return nil }
    return slot
  }

  func drop(_ slot: ConnectionSlot) {
    tellRefusal(slot)
    if let topic = slot.topic { board.release(slot.key, topic: topic) }
    slots[Int(slot.descriptor)] = nil
    population -= 1
    close(slot.descriptor)
    totals.withLock { totals in
      _ = totals.account(-slot.accountedBytes)
      totals.leave(slot.peer)
    }
    slot.accountedBytes = 0
  }

  /// Tells of what its state machine refused since.
  func tellRefusal(_ slot: ConnectionSlot) {
    if let status = slot.machine.takeRefusal() { onRefusal(status, slot.peer.network) }
  }

  func isLive(_ slot: ConnectionSlot) -> Bool { slots[Int(slot.descriptor)] === slot }

  /// The octets that one `recv` gives; nil where there are none yet, 0 at the end.
  func receive(_ slot: ConnectionSlot) -> UnsafeRawBufferPointer? {
    let count = recv(slot.descriptor, scratch.baseAddress, scratch.count, 0)
    if count < 0 {
      if errno == EAGAIN || errno == EINTR { return nil }
      slot.isHungUp = true
      return UnsafeRawBufferPointer(rebasing: scratch[..<0])
    }
    return UnsafeRawBufferPointer(rebasing: scratch[..<count])
  }
}
