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
/// once does not keep the others waiting. `@unchecked`: `value` is only reached by whoever's turn
/// it is, the numbers of turns only under the mutex.
package final class FairLock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// Who waits for a turn sleeps at the bell of its number, so that giving back wakes no others.
  private let bells: UnsafeMutablePointer<pthread_cond_t>
  private static var bellsCount: Int { 16 }
  /// Turns that were asked for, and the one that it is.
  private var asked = 0
  private var present = 0
  private var value: Value

  package init(_ value: Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    bells = .allocate(capacity: Self.bellsCount)
    bells.initialize(repeating: pthread_cond_t(), count: Self.bellsCount)
    for bell in 0..<Self.bellsCount { pthread_cond_init(bells + bell, nil) }
    self.value = value
  }

  deinit {
    for bell in 0..<Self.bellsCount { pthread_cond_destroy(bells + bell) }
    bells.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T {
    take()
    defer { giveBack() }
    return try body(&value)
  }

  /// Whether somebody waits for a turn.
  package var isAwaited: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return asked - present > 1
  }

  private func take() {
    pthread_mutex_lock(mutex)
    let mine = asked
    asked += 1
    while present != mine { pthread_cond_wait(bells + mine % Self.bellsCount, mutex) }
    pthread_mutex_unlock(mutex)
  }

  private func giveBack() {
    pthread_mutex_lock(mutex)
    present += 1
    if present != asked { pthread_cond_broadcast(bells + present % Self.bellsCount) }
    pthread_mutex_unlock(mutex)
  }
}
