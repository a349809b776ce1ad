/// What the loops of a server hold together: its limits are those of all.
struct ServerTotals: Sendable {
  enum Admission {
    case admitted
    /// Above the limits: to be answered 503.
    case refused
    /// Too many even for that.
    case closed
  }

  private(set) var connections = 0
  /// Octets of content in memory.
  private(set) var contentBytes = 0
  private var perAddress: [[UInt8]: Int] = [:]

  /// Counts one more connection, unless it is to be closed.
  mutating func enter(_ peer: PeerAddress, _ limits: ServerLimits) -> Admission {
    let ofAddress = peer.countedAs.map { perAddress[$0] ?? 0 } ?? 0
    if connections >= limits.connectionsMax + limits.refusalsMax
      || ofAddress >= limits.connectionsPerAddressMax + limits.refusalsMax
    {
      return .closed
    }
    let isWithin =
      connections < limits.connectionsMax && ofAddress < limits.connectionsPerAddressMax
    connections += 1
    if let address = peer.countedAs { perAddress[address] = ofAddress + 1 }
    return isWithin ? .admitted : .refused
  }

  mutating func leave(_ peer: PeerAddress) {
    connections -= 1
    guard let address = peer.countedAs, let count = perAddress[address] else { return }
    perAddress[address] = count > 1 ? count - 1 : nil
  }

  /// The content of all, once that of one connection has changed.
  mutating func account(_ change: Int) -> Int {
    contentBytes += change
    return contentBytes
  }
}
