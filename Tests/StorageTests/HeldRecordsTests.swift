import Dispatch
import Replication
import SQLite
import Testing

@testable import Storage

@Suite struct `Records that are stored together` {
  private static let text = String(repeating: "关于印发实施方案的通知", count: 40)

  /// In a thread of its own.
  @Sendable private static func begin(
    _ work: @escaping @Sendable () -> Void
  ) -> @Sendable () -> Void {
    let end = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      work()
      end.signal()
    }
    return { end.wait() }
  }

  private func key(_ number: Int) throws -> RecordKey { try #require(.sample(UInt8(number))) }

  /// A hundred new records, one of them written again while it is held back.
  private func dump(holds: Bool, _ begin: StorePorts.Beginning?) throws -> String {
    let place = try TemporaryStore()
    let titles = TitleFollower()
    let store = try place.open(creating: true, followers: [titles], begin: begin)
    try store.write { transaction in
      if holds { transaction.holdNew() }
      for number in 1...100 {
        #expect(try transaction.write(key(number), title: "\(number)\(Self.text)"))
        if number == 50 { #expect(try transaction.write(key(7), title: "again")) }
      }
      #expect(try !transaction.write(key(100), title: "100\(Self.text)"))
      try transaction.settle()
      // What followers would write is stored at once.
      #expect(try transaction.write(key(101), title: "later"))
    }
    #expect(titles.count == 101)
    return try store.dump()
  }

  @Test(arguments: [true, false])
  func `they are what they would be one by one`(hasThreads: Bool) throws {
    let one = try dump(holds: false, nil)
    #expect(try dump(holds: true, hasThreads ? Self.begin : nil) == one)
  }

  @Test func `where the transaction fails, nothing is kept and the thread ends`() throws {
    struct Fault: Error {}
    let place = try TemporaryStore()
    let ended = Lock((begun: 0, ended: 0))
    let store = try place.open(creating: true) { work in
      ended.withLock { $0.begun += 1 }
      let wait = Self.begin {
        work()
        ended.withLock { $0.ended += 1 }
      }
      return wait
    }
    #expect(throws: Fault.self) {
      try store.write { transaction in
        transaction.holdNew()
        for number in 1...100 { try transaction.write(key(number), title: Self.text) }
        throw Fault()
      }
    }
    let threads = ended.withLock { $0 }
    #expect(threads.begun > 0 && threads.begun == threads.ended)
    #expect(try store.read { try $0.recordsCount() } == 0)
  }
}
