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
    let isFirst = packing.add(last, isBeside: begin != nil)
    last.removeAll(keepingCapacity: true)
    if isFirst, let begin { waits.append(begin { [packing] in packing.work(RecordCodec()) }) }
  }

  /// All of them with their stored form, in the order in which they were added.
  func packed(_ codec: RecordCodec) -> [(Record, PackedRecord)] {
    packing.add(last, isBeside: false)
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

  /// `isBeside`: a thread is to take it. True where the caller has to begin that thread.
  @discardableResult
  func add(_ records: [Record], isBeside: Bool) -> Bool {
    state.withLock { state in
      state.parts.append(records)
      if state.isBeside || !isBeside { return false }
      state.isBeside = true
      return true
    }
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
