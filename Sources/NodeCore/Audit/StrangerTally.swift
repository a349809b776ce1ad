import Storage

/// Counts what was refused before anybody was known: what cannot be read, is too large, too slow or
/// too many, by status and network. Told together, one entry a status, so that a flood writes no
/// more than that; holds neither signatures nor content.
final class StrangerTally: Sendable {
  static let windowMilliseconds: Int64 = 600_000
  /// Networks that are counted by themselves, of one status.
  static let networksMax = 256
  /// Networks that an entry names: those with the most.
  static let networksShown = 6

  private struct State {
    var toldAt: Int64?
    var statuses: [Int: [String: Int64]] = [:]
  }

  private static let others = "…"

  private let state = Lock(State())

  func note(status: Int, network: String) {
    state.withLock { state in
      let networks = state.statuses[status] ?? [:]
      let isNew = networks[network] == nil
      let name = isNew && networks.count >= Self.networksMax ? Self.others : network
      state.statuses[status, default: [:]][name, default: 0] += 1
    }
  }

  /// What is to be told at `now`: nothing within the window, unless it is asked for.
  func drain(now: Int64, atOnce: Bool) -> [AuditEvent] {
    state.withLock { state in
      let since = now - (state.toldAt ?? .min / 2)
      if !atOnce, (0..<Self.windowMilliseconds).contains(since) { return [] }
      if state.statuses.isEmpty { return [] }
      state.toldAt = now
      defer { state.statuses = [:] }
      return state.statuses.sorted { $0.key < $1.key }.map(Self.event)
    }
  }

  private static func event(_ status: Int, _ networks: [String: Int64]) -> AuditEvent {
    let all = networks.sorted { a, b in
      if (a.key == others) != (b.key == others) { return b.key == others }
      return a.value != b.value ? a.value > b.value : utf8Less(a.key, b.key)
    }
    var parts = all.prefix(networksShown).map { "\($0.key) ×\($0.value)" }
    let rest = all.dropFirst(networksShown).reduce(0) { $0 + $1.value }
    if rest > 0 { parts.append("\(others) ×\(rest)") }
    return AuditEvent(
      .refusal, operation: "http", subject: parts.joined(separator: ", "),
      result: String(status), count: networks.values.reduce(0, +))
  }
}
