/// Keys from `from` on and below `below`, in the order of their octets.
package struct KeyRange: Hashable, Sendable {
  package let from: [UInt8]
  /// Nil: to the end.
  package let below: [UInt8]?

  package static let all = KeyRange(from: [], below: nil)

  package init(from: [UInt8], below: [UInt8]?) {
    self.from = from
    self.below = below
  }

  package func contains(_ octets: [UInt8]) -> Bool {
    !octets.lexicographicallyPrecedes(from)
      && below.map { octets.lexicographicallyPrecedes($0) } ?? true
  }

  /// Cuts the range into at most `parts` that hold about as many keys each. `keys` are the octets
  /// of all keys that lie in it, in order.
  package func split(_ keys: [[UInt8]], into parts: Int) -> [KeyRange] {
    precondition(parts > 0)
    let size = max(1, (keys.count + parts - 1) / parts)
    var ranges: [KeyRange] = []
    var begin = from
    for place in stride(from: size, to: keys.count, by: size) {
      let end = KeyRange.separator(keys[place - 1], keys[place])
      ranges.append(KeyRange(from: begin, below: end))
      begin = end
    }
    ranges.append(KeyRange(from: begin, below: below))
    return ranges
  }

  /// The shortest octets above `last` that are not above `next`.
  private static func separator(_ last: [UInt8], _ next: [UInt8]) -> [UInt8] {
    var common = 0
    while common < last.count, common < next.count, last[common] == next[common] { common += 1 }
    return Array(next.prefix(common + 1))
  }
}
