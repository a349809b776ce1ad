import Dispatch
import Glibc
import Storage
import Testing

@Suite struct `A lock that is taken in turn` {
  @Test func `goes to who waits, not back to who gives it up and wants it again`() {
    var waiterWentFirst = 0
    for _ in 0..<20 {
      let lock = FairLock<[String]>([])
      let (begun, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      lock.withLock { _ in
        DispatchQueue.global().async {
          begun.signal()
          lock.withLock { $0.append("waiter") }
          ended.signal()
        }
        begun.wait()
        usleep(5_000)
      }
      lock.withLock { $0.append("holder") }
      ended.wait()
      if lock.withLock({ $0 }) == ["waiter", "holder"] { waiterWentFirst += 1 }
    }
    // A waiter that the machine kept from asking in time comes second.
    #expect(waiterWentFirst >= 10)
  }

  @Test func `says whether somebody waits for it`() {
    let lock = FairLock(0)
    let ended = DispatchSemaphore(value: 0)
    #expect(!lock.isAwaited)
    lock.withLock { _ in
      #expect(!lock.isAwaited)
      DispatchQueue.global().async {
        lock.withLock { $0 += 1 }
        ended.signal()
      }
      // As long as it takes the machine to let the other ask.
      var patience = 5_000
      while !lock.isAwaited, patience > 0 {
        usleep(1_000)
        patience -= 1
      }
      #expect(lock.isAwaited)
    }
    ended.wait()
    #expect(!lock.isAwaited)
  }

  @Test func `keeps what several threads do one after the other, and is given back by an error`() {
    struct Failure: Error {}
    let lock = FairLock(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<500 {
        try? lock.withLock { count in
          count += 1
          throw Failure()
        }
      }
    }
    #expect(lock.withLock { $0 } == 4_000)
  }
}
