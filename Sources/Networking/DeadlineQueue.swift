/// Keys with the times at which they want to be looked at, earliest first. Entries are not
/// removed: the holder recognises an outdated one when it comes up.
struct DeadlineQueue: Sendable {
  struct Entry: Sendable, Equatable {
    let time: Int64
    let key: UInt64
  }

  private var heap: [Entry] = []

  var count: Int { heap.count }
  var next: Int64? { heap.first?.time }

  mutating func push(_ time: Int64, _ key: UInt64) {
    heap.append(Entry(time: time, key: key))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard Self.precedes(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// The earliest entry, where it is due.
  mutating func popDue(at now: Int64) -> Entry? {
    guard let first = heap.first, first.time <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return first
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if Self.precedes(heap[child], heap[least]) { least = child }
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
    (a.time, a.key) < (b.time, b.key)
  }
}
