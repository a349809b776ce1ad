import CLinux
import Foundation
import Glibc
import Simulation
import Storage

/// The line between one child and its upstream. It carries octets, and strikes requests with
/// faults while `isFaulty`.
final class Proxy: Sendable {
  let port: UInt16
  private let listener: Int32
  private let upstreamPort: @Sendable () -> UInt16?
  private let tally: Tally
  private let state: Lock<State>

  private struct State: Sendable {
    var isFaulty = false
    var dice: Dice
    /// How many of a thousand requests are struck now.
    var perMille = 100
    var changeAt = 0.0
    /// Requests that may be delivered once more.
    var old: [[UInt8]] = []
  }

  private static let oldCountMax = 64

  init?(seed: UInt64, tally: Tally, upstreamPort: @escaping @Sendable () -> UInt16?) {
    guard let (listener, address) = Proxy.listen() else { return nil }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    self.upstreamPort = upstreamPort
    self.tally = tally
    state = Lock(State(dice: Dice(seed: seed)))
  }

  private static func listen() -> (descriptor: Int32, address: sockaddr_in)? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, Wire.withLoopback(port: 0, { bind(descriptor, $0, $1) }) == 0,
      Glibc.listen(descriptor, 64) == 0
    else { return nil }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    return status == 0 ? (descriptor, address) : nil
  }

  func start() {
    Thread.detachNewThread { [self] in
      while true {
        let accepted = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        guard accepted >= 0 else { continue }
        let wire = Wire(accepted)
        Thread.detachNewThread { [self] in serve(wire) }
      }
    }
  }

  func setFaulty(_ isFaulty: Bool) { state.withLock { $0.isFaulty = isFaulty } }

  // MARK: one connection

  private func serve(_ client: Wire) {
    var requests = HTTPFrame()
    var upstream: Wire?
    var answers = HTTPFrame()
    while let request = client.receive(&requests) {
      let fault = draw()
      if let fault { tally.add("line faults", fault.rawValue) }
      if fault == .refuse { client.resetOnClose() }
      if fault == .refuse || fault == .cutBefore { return }
      if fault == .late { return deliverLater(request, keepsOrder: false) }
      if upstream == nil { answers = HTTPFrame() }
      guard let wire = upstream ?? upstreamPort().flatMap(Wire.init(port:)) else {
        tally.add("line faults", "upstream away")
        return
      }
      upstream = wire
      answers.hasNoContent = HTTPFrame.isHead(request)
      guard pass(request, to: wire, fault) else { return }
      if fault == .cutAfter { return }
      guard var answer = wire.receive(&answers, watching: client) else { return }
      remember(request)
      if fault == .dropReply { return }
      if fault == .damageAnswer { damage(&answer) }
      guard pass(answer: answer, to: client, fault) else { return }
    }
  }

  private func pass(_ request: [UInt8], to upstream: Wire, _ fault: LineFault?) -> Bool {
    switch fault {
    case .cutInRequest:
      upstream.send(request[..<below(request.count)])
      return false
    case .delay: Moment.pause(Double(below(700)) / 1000)
    case .throttle: return trickle(request, to: upstream)
    case .duplicate:
      guard upstream.send(request[...]) else { return false }
      deliver(request)
      return true
    case .again:
      if let old = state.withLock({ state in state.dice.pick(state.old) }) { deliver(old) }
    case .damageRequest:
      var damaged = request
      damage(&damaged)
      return upstream.send(damaged[...])
    case .halfClose:
      guard upstream.send(request[...]) else { return false }
      upstream.finishSending()
      return true
    default: break
    }
    return upstream.send(request[...])
  }

  private func pass(answer: [UInt8], to client: Wire, _ fault: LineFault?) -> Bool {
    switch fault {
    case .cutInAnswer:
      client.send(answer[..<below(answer.count)])
      return false
    case .hold: Moment.pause(0.5 + Double(below(3000)) / 1000)
    case .throttle: return trickle(answer, to: client)
    case .halfClose:
      guard client.send(answer[...]) else { return false }
      client.finishSending()
      return false
    default: break
    }
    return client.send(answer[...])
  }

  /// A slow line: some twenty pieces, at most two seconds.
  private func trickle(_ octets: [UInt8], to wire: Wire) -> Bool {
    let piece = max(1, octets.count / 20 + 1)
    for start in stride(from: 0, to: octets.count, by: piece) {
      guard wire.send(octets[start..<min(start + piece, octets.count)]) else { return false }
      Moment.pause(Double(below(100)) / 1000)
    }
    return true
  }

  // MARK: requests that come twice, or late

  /// On a connection of its own; nobody waits for the answer.
  private func deliver(_ request: [UInt8]) {
    deliverLater(request, keepsOrder: true)
  }

  private func deliverLater(_ request: [UInt8], keepsOrder: Bool) {
    let delay = keepsOrder ? 0 : 0.2 + Double(below(6000)) / 1000
    Thread.detachNewThread { [self] in
      Moment.pause(delay)
      guard let port = upstreamPort(), let wire = Wire(port: port) else { return }
      wire.send(request[...])
      var answers = HTTPFrame()
      answers.hasNoContent = HTTPFrame.isHead(request)
      _ = wire.receive(&answers)
    }
  }

  private func remember(_ request: [UInt8]) {
    // Long polls would keep connections for nothing, and large parts memory.
    if request.count > 1 << 18 || request.starts(with: "GET ".utf8) { return }
    state.withLock { state in
      if state.old.count >= Proxy.oldCountMax {
        state.old.remove(at: state.dice.below(state.old.count))
      }
      state.old.append(request)
    }
  }

  // MARK: dice

  private func below(_ bound: Int) -> Int { state.withLock { $0.dice.below(bound) } }

  /// Good and bad spells take turns.
  private func draw() -> LineFault? {
    let now = Moment.now()
    return state.withLock { state in
      guard state.isFaulty else { return nil }
      if now >= state.changeAt {
        state.perMille = state.dice.pick([30, 150, 150, 500]) ?? 150
        state.changeAt = now + 2 + Double(state.dice.below(8000)) / 1000
      }
      return LineFault.draw(&state.dice, perMille: state.perMille)
    }
  }

  /// One bit of one octet behind the first line.
  private func damage(_ octets: inout [UInt8]) {
    guard octets.count > 32 else { return }
    state.withLock { state in
      let place = 16 + state.dice.below(octets.count - 16)
      octets[place] ^= 1 << UInt8(state.dice.below(8))
    }
  }
}
