import Bytes
import Replication
import Storage
import SyncProtocol

/// A session over one channel. While a page is applied, the next one is asked for, received and
/// read beside it; and where nothing is being applied, it is asked for as soon as the beginning of
/// the last one has come. While a push is answered, the next one is packed.
///
/// `@unchecked Sendable`: whoever begins an exchange waits for its end before it touches the
/// channel again.
final class Conversation: @unchecked Sendable {
  private let run: SyncRun
  private let channel: SyncChannel
  private let network: any Network
  private let node: Node
  private let ports: StorePorts
  private let algorithm: DigestAlgorithm
  /// Whether an answer is being applied: nobody else touches the run.
  private let isApplying = Lock(false)

  typealias Answer = Result<ReadReply, SyncSession.Failure>

  /// An exchange that has begun.
  private struct Ahead {
    let call: SyncCall
    let wait: @Sendable () -> Void
    let answer: Lock<Answer?>
  }

  init(_ run: SyncRun, _ channel: SyncChannel, _ node: Node, over network: any Network) {
    self.run = run
    self.channel = channel
    self.network = network
    self.node = node
    ports = node.ports
    algorithm = node.store.identity.algorithm
  }

  func report() throws -> SyncReport {
    var action = try run.begin()
    var ahead: Ahead?
    var watched = node.takeWatched()
    defer { ahead?.wait() }
    while true {
      guard case .send(let call) = action else { break }
      if let other = ahead, other.call != call {
        other.wait()
        ahead = nil
      }
      if call.endpoint == .push {
        if ahead == nil { ahead = begin(call) }
        run.makeReady()
      }
      ahead?.wait()
      var early = ahead.flatMap { $0.answer.withLock { $0 } }
      if let reply = watched?.reply(to: call, now: ports.now()) {
        early = .success(ReadReply(reply, isPull: false, algorithm, ports))
      }
      (ahead, watched) = (nil, nil)
      switch early ?? exchange(call) {
      case .failure(let failure): action = try run.fail(failure)
      case .success(let reply):
        ahead = run.callAhead(of: reply).map { begin($0) }
        isApplying.withLock { $0 = true }
        action = try run.receive(reply)
        isApplying.withLock { $0 = false }
      }
    }
    guard case .finished(let report) = action else { throw Refusal(.internal, "session") }
    return report
  }

  private func begin(_ call: SyncCall) -> Ahead {
    let answer = Lock<Answer?>(nil)
    let wait = network.begin { [self] in
      let received = exchange(call)
      answer.withLock { $0 = received }
    }
    return Ahead(call: call, wait: wait, answer: answer)
  }

  private func exchange(_ call: SyncCall) -> Answer {
    let foresees = call.endpoint == .pull
    let next: (ArraySlice<UInt8>) -> SyncCall? = { [self] beginning in
      // Before that, what is asked for would be too little.
      guard channel.node.portions.withLock({ $0.down.isMeasured }) else { return nil }
      return isApplying.withLock { $0 ? nil : run.callAhead(ofBeginning: beginning, to: call) }
    }
    return channel.send(call, foreseeing: foresees ? next : nil).map {
      ReadReply($0, isPull: call.endpoint == .pull, algorithm, ports)
    }
  }
}
