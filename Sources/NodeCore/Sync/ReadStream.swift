import Bytes
import Storage
import SyncProtocol

/// The items of a push, read some at a time: while one part is applied, the next one is read beside
/// it. The first part is read at once. Belongs to one thread.
final class ReadStream {
  private let items: [StreamItem]
  private let algorithm: DigestAlgorithm
  private let network: any Network
  private let part = Lock<[ReadItem]>([])
  /// How many items have been read, or are being.
  private var begun = 0
  private var wait: @Sendable () -> Void = {}
  /// Of the wholes that were given out.
  private(set) var sum = DigestSum()

  private static let partItems = 256

  init(
    _ items: [StreamItem], _ algorithm: DigestAlgorithm, _ ports: StorePorts,
    _ network: any Network
  ) {
    (self.items, self.algorithm, self.network) = (items, algorithm, network)
    begun = min(items.count, Self.partItems)
    let first = ReadItem.read(Array(items[..<begun]), algorithm, ports)
    part.withLock { $0 = first }
  }

  /// No work may outlive what it works for.
  deinit { wait() }

  /// The next items; none at the end.
  func next() -> [ReadItem] {
    wait()
    let ready = part.withLock { items -> [ReadItem] in
      defer { items = [] }
      return items
    }
    ReadItem.add(ready, to: &sum)
    let range = begun..<min(items.count, begun + Self.partItems)
    begun = range.upperBound
    wait = {}
    if !range.isEmpty { wait = begin(Array(items[range])) }
    return ready
  }

  private func begin(_ items: [StreamItem]) -> @Sendable () -> Void {
    let (algorithm, part) = (algorithm, part)
    return network.begin {
      let codec = RecordCodec()
      let read: [ReadItem] = items.map { ReadItem($0, codec, algorithm) }
      part.withLock { $0 = read }
    }
  }
}
