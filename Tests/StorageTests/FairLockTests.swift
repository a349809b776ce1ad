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
