import Dispatch
import Networking
import NodeCore
import Storage

/// Shows on a terminal that a command still works, and how far it is, once it takes longer than a
/// second. Without a terminal it shows nothing and has no thread.
final class ProgressLine: Sendable {
  private let surroundings: Surroundings
  private let text = Lock("")
  private let ending = DispatchSemaphore(value: 0)
  private let thread: Lock<SystemThread?> = Lock(nil)

  init(_ surroundings: Surroundings) throws {
    self.surroundings = surroundings
    guard surroundings.errorIsTerminal else { return }
    let (text, ending) = (text, ending)
    let started = try SystemThread("progress") {
      ProgressLine.run(surroundings, text, ending)
    }
    thread.withLock { $0 = started }
  }

  /// What the next line says.
  func show(_ news: String) {
    text.withLock { $0 = news }
  }

  /// Clears the line for what comes next. Later calls do nothing.
  func end() {
    let started = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    ending.signal()
    started?.join()
  }

  private static func run(
    _ surroundings: Surroundings, _ text: Lock<String>, _ ending: DispatchSemaphore
  ) {
    var seconds = 0
    while ending.wait(timeout: .now() + 1) == .timedOut {
      seconds += 1
      let line = TextTable.line("\(text.withLock { $0 }) \(seconds) s …")
      surroundings.error("\r\(TextTable.clipped(line, cellsMax: 79))\u{1B}[K")
    }
    if seconds > 0 { surroundings.error("\r\u{1B}[K") }
  }
}
