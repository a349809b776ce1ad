import Glibc

/// The one lock of the project: guards one value; never held across a wait. A closure to be guarded
/// stands in a structure: by itself each access would wrap it anew, around the last time's.
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
