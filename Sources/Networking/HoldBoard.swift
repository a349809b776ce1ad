/// Which connections wait for which topic. A wake that comes while a handler still decides to
/// hold is not lost: each job carries the serial at its start, and a later wake of its topic
/// answers the hold at once.
struct HoldBoard: Sendable {
  private var holders: [String: Set<UInt64>] = [:]
  private var lastWake: [String: UInt64] = [:]
  /// Wakes up to this serial may have been forgotten.
  private var forgotten: UInt64 = 0
  private(set) var serial: UInt64 = 0
  private let topicsMax: Int

  init(topicsMax: Int = 4_096) { self.topicsMax = topicsMax }

  /// False where the topic was woken after the job began: the handler is to be asked again.
  mutating func hold(_ key: UInt64, topic: String, begunAt begun: UInt64) -> Bool {
    if max(lastWake[topic] ?? 0, forgotten) > begun { return false }
    holders[topic, default: []].insert(key)
    return true
  }

  mutating func release(_ key: UInt64, topic: String) {
    holders[topic]?.remove(key)
    if holders[topic]?.isEmpty == true { holders[topic] = nil }
  }

  /// Takes all that hold for the topic, in the order of their keys.
  mutating func wake(_ topic: String) -> [UInt64] {
    serial += 1
    lastWake[topic] = serial
    if lastWake.count > topicsMax {
      forgotten = serial
      lastWake = [:]
    }
    return (holders.removeValue(forKey: topic) ?? []).sorted()
  }
}
