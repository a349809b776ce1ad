import Bytes
import Replication

/// New records that a transaction has written, and stores together later: deflating them is most of
/// what an import costs. It is done in parts, beside what is written meanwhile where there are
/// threads for it.
final class HeldRecords {
  private static let partRecords = 16

  private let packing: Packing
  private let begin: StorePorts.Beginning?
  /// Wait for the threads that were begun.
  private var waits: [@Sendable () -> Void] = []
  private var last: [Record] = []
  private(set) var keys: Set<RecordKey> = []

  init(_ algorithm: DigestAlgorithm, begin: StorePorts.Beginning?) {
    packing = Packing(algorithm)
    self.begin = begin
  }

  deinit {
    packing.stop()
    for wait in waits { wait() }
  }

  func add(_ record: Record) {
    keys.insert(record.key)
    last.append(record)
    if last.count < HeldRecords.partRecords { return }
    packing.add(last, startsTaking: begin != nil) { [packing] in
      if let begin { waits.append(begin { packing.work(RecordCodec()) }) }
    }
    last.removeAll(keepingCapacity: true)
  }

  /// All of them with their stored form, in the order in which they were added.
  func packed(_ codec: RecordCodec) -> [(Record, PackedRecord)] {
    packing.add(last, startsTaking: false) {}
    last.removeAll()
    packing.work(codec)
    for wait in waits { wait() }
    waits.removeAll()
    return packing.packed()
  }
}

/// Parts of records on their way to their stored form; whoever has a codec takes the next.
private final class Packing: Sendable {
  private struct State: Sendable {
    var parts: [[Record]] = []
    var packed: [Int: [PackedRecord]] = [:]
    var next = 0
    /// Whether a thread takes parts.
    var isBeside = false
  }

  private let algorithm: DigestAlgorithm
  private let state = Lock(State())

  init(_ algorithm: DigestAlgorithm) { self.algorithm = algorithm }

  /// `begin` is called where nobody takes parts, and somebody is to.
  func add(_ records: [Record], startsTaking: Bool, _ begin: () -> Void) {
    let isNeeded = state.withLock { state in
      state.parts.append(records)
      defer { if startsTaking { state.isBeside = true } }
      return startsTaking && !state.isBeside
    }
    if isNeeded { begin() }
  }

  func work(_ codec: RecordCodec) {
    while let (number, records) = take() {
      let packed = records.map { PackedRecord($0, algorithm.digest($0.bytes), codec) }
      state.withLock { $0.packed[number] = packed }
    }
  }

  private func take() -> (Int, [Record])? {
    state.withLock { state in
      guard state.next < state.parts.count else {
        state.isBeside = false
        return nil
      }
      defer { state.next += 1 }
      return (state.next, state.parts[state.next])
    }
  }

  func stop() { state.withLock { $0.next = $0.parts.count } }

  func packed() -> [(Record, PackedRecord)] {
    state.withLock { state in
      state.parts.enumerated().flatMap { zip($1, state.packed[$0] ?? []) }
    }
  }
}

extension Transaction {
  /// From now on, until the followers read, new records are stored together.
  package func holdNew() { held = HeldRecords(algorithm, begin: ports.begin) }

  /// Stores what was held back, and holds nothing back any more.
  func storeHeld() throws {
    guard let held else { return }
    self.held = nil
    for (record, packed) in held.packed(codec) {
      try put(record, packed.digest, packed, over: nil)
    }
  }
}

extension PackedRecord {
  /// A new record, as it is stored and travels.
  init(_ record: Record, _ digest: Digest, _ codec: RecordCodec) {
    let dictionary = RecordCodec.dictionary
    self.init(
      dictionary: dictionary, bytes: codec.deflated(record.bytes, dictionary: dictionary),
      digest: digest)
  }
}
