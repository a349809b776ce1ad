import Glibc

/// The lock of most of the project: guards one value; never held across a wait. A closure to be
/// guarded stands in a structure: by itself each access would wrap it anew, around the last time's.
///
/// A pthread mutex rather than `Synchronization.Mutex`, of which the thread sanitizer reports
/// false races. `@unchecked`: every access to `value` is inside `withLock`.
package final class Lock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}

/// The same, taken in the order in which it was asked for: who gives it back and wants it again at
/// once does not keep the others waiting.
package final class FairLock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let turn: UnsafeMutablePointer<pthread_cond_t>
  /// Turns that were asked for, and the one that it is.
  private var asked: UInt64 = 0
  private var present: UInt64 = 0
  private var value: Value

  package init(_ value: Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    turn = .allocate(capacity: 1)
    turn.initialize(to: pthread_cond_t())
    pthread_cond_init(turn, nil)
    self.value = value
  }

  deinit {
    pthread_cond_destroy(turn)
    turn.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
    take()
    defer { giveBack() }
    return try body(&value)
  }

  private func take() {
    pthread_mutex_lock(mutex)
    let mine = asked
    asked += 1
    while present != mine { pthread_cond_wait(turn, mutex) }
    pthread_mutex_unlock(mutex)
  }

  private func giveBack() {
    pthread_mutex_lock(mutex)
    present += 1
    if present != asked { pthread_cond_broadcast(turn) }
    pthread_mutex_unlock(mutex)
  }
}
