import CLinux
import Glibc
import HTTPCore

extension EventLoop {
  /// Sends and reads for one connection as far as its state and the kernel allow, in fair turns.
  func advance(_ slot: ConnectionSlot) {
    var reads = 0
    while isLive(slot) {
      if slot.machine.hasOutput {
        if !send(slot) { break }
      } else if slot.isReadable, slot.machine.wantsInput {
        if reads == Self.readsPerTurn {
          enqueue(slot)
          break
        }
        reads += 1
        read(slot)
      } else {
        break
      }
    }
    if isLive(slot) { account(slot) }
  }

  /// Does what the state machine decided, and goes on.
  func settle(_ slot: ConnectionSlot, _ effect: ServerConnection.Effect) {
    perform(effect, slot)
    if isLive(slot) { advance(slot) }
  }

  func continueQueued() {
    let turn = queued
    queued = []
    for slot in turn {
      slot.isQueued = false
      if isLive(slot) { advance(slot) }
    }
  }

  func expire() {
    while let entry = deadlines.popDue(at: now) {
      guard let slot = slot(entry.key), slot.queuedDeadline == entry.time else { continue }
      slot.queuedDeadline = nil
      if let deadline = slot.machine.deadline, deadline <= now {
        if let topic = slot.topic {
          board.release(slot.key, topic: topic)
          slot.topic = nil
        }
        settle(slot, slot.machine.expire(at: now))
      } else {
        schedule(slot)
      }
    }
  }

  private func enqueue(_ slot: ConnectionSlot) {
    if slot.isQueued { return }
    slot.isQueued = true
    queued.append(slot)
  }

  /// False where the kernel has no room, or the connection is gone.
  private func send(_ slot: ConnectionSlot) -> Bool {
    let count = slot.machine.unsent.withUnsafeBytes {
      Glibc.send(slot.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0 {
      if errno == EINTR { return true }
      if errno != EAGAIN { drop(slot) }
      return false
    }
    perform(slot.machine.sent(count, at: now), slot)
    return true
  }

  private func read(_ slot: ConnectionSlot) {
    guard let octets = receive(slot) else {
      slot.isReadable = false
      return
    }
    if octets.isEmpty {
      slot.isReadable = false
      perform(slot.machine.receiveEnd(), slot)
      return
    }
    // A short read has emptied the kernel's buffer; the end, once seen, must still be fetched.
    if octets.count < Self.readBytes && !slot.isHungUp { slot.isReadable = false }
    perform(slot.machine.receive(octets, at: now), slot)
  }

  private func perform(_ effect: ServerConnection.Effect, _ slot: ConnectionSlot) {
    switch effect {
    case .none:
      break
    case .dispatch(let exchange, let timedOut):
      slot.jobSerial = board.serial
      let context = RequestContext(
        peerAddress: slot.peer.client(of: exchange.request), isUnixSocket: slot.isUnix,
        listenerIndex: slot.listenerIndex, heldMilliseconds: Int(now - exchange.begun),
        timedOut: timedOut)
      let keepsAlive = exchange.keepsAlive && drainDeadline == nil
      if let reply = ready(exchange.request, context) {
        let outcome = Outcome(
          reply, to: exchange.request, context, keepsAlive: keepsAlive, &clock)
        perform(take(outcome, for: slot), slot)
      } else {
        pool.submit(
          Job(
            key: slot.key, mailbox: mailbox, request: exchange.request, context: context,
            keepsAlive: keepsAlive))
      }
    case .finishSending:
      shutdown(slot.descriptor, Int32(SHUT_WR))
    case .close:
      drop(slot)
    }
  }

  /// Keeps the account of content in memory, and the deadline.
  private func account(_ slot: ConnectionSlot) {
    let bytes = slot.machine.contentBytes
    if bytes != slot.accountedBytes || bytes > limits.contentBytesFree {
      let all = account(bytes, of: slot)
      if all > limits.contentBytesMax, bytes > limits.contentBytesFree,
        case .reading = slot.machine.phase
      {
        slot.machine.refuse(HTTPFault(503, "too much content at once"), at: now)
        // There is room before anybody is told: whoever hears of it may send something else.
        _ = account(slot.machine.contentBytes, of: slot)
        advance(slot)
        return
      }
    }
    tellRefusal(slot)
    schedule(slot)
  }

  /// Answers the content of all connections.
  private func account(_ bytes: Int, of slot: ConnectionSlot) -> Int {
    let change = bytes - slot.accountedBytes
    slot.accountedBytes = bytes
    return totals.withLock { $0.account(change) }
  }

  private func schedule(_ slot: ConnectionSlot) {
    guard let deadline = slot.machine.deadline else { return }
    if let queued = slot.queuedDeadline, queued <= deadline { return }
    slot.queuedDeadline = deadline
    deadlines.push(deadline, slot.key)
  }
}
