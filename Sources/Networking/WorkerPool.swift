import Glibc
import HTTPCore

/// A request for the workers. `key` names the connection, descriptor and generation.
struct Job: Sendable {
  let key: UInt64
  let request: HTTPRequest
  let context: RequestContext
  let keepsAlive: Bool
}

/// What the workers send back to the loop.
enum Outcome: Sendable {
  case response([UInt8], closing: Bool)
  case hold(topic: String, milliseconds: Int)
}

/// A fixed number of threads that run the handler.
final class WorkerPool: Sendable {
  private struct Queue: Sendable {
    var jobs: [Job] = []
    var head = 0
    var isClosed = false

    mutating func pop() -> Job? {
      guard head < jobs.count else { return nil }
      defer {
        head += 1
        if head == jobs.count {
          jobs.removeAll(keepingCapacity: head <= 1_024)
          head = 0
        } else if head > 4_096 {
          jobs.removeFirst(head)
          head = 0
        }
      }
      return jobs[head]
    }
  }

  private let queue = Locked(Queue())
  private let threads: [SystemThread]

  init(
    count: Int, handler: @escaping HTTPHandler,
    report: @escaping @Sendable (UInt64, Outcome) -> Void
  ) throws(SystemError) {
    var threads: [SystemThread] = []
    for index in 0..<max(1, count) {
      threads.append(
        try SystemThread("http-worker-\(index)") { [queue] in
          var clock = DateClock()
          while let job = queue.wait({ queue -> Job?? in
            if let job = queue.pop() { return .some(job) }
            return queue.isClosed ? .some(nil) : nil
          }) {
            report(job.key, Self.run(job, handler, &clock))
          }
        })
    }
    self.threads = threads
  }

  func submit(_ job: Job) {
    queue.withLock { $0.jobs.append(job) }
    queue.signal()
  }

  /// Lets the workers finish what is queued and waits for them.
  func stop() {
    queue.withLock { $0.isClosed = true }
    queue.broadcast()
    for thread in threads where !thread.isCurrent { thread.join() }
  }

  private static func run(
    _ job: Job, _ handler: HTTPHandler, _ clock: inout DateClock
  ) -> Outcome {
    var response: HTTPResponse
    switch handler(job.request, job.context) {
    case .respond(let given):
      response = given
    case .hold(let topic, let milliseconds):
      if !job.context.timedOut { return .hold(topic: topic, milliseconds: milliseconds) }
      response = ProblemDetails(.retryLater, status: 503, title: "No answer in time").response
    }
    if !response.fields.contains("date") { response.fields.append("Date", clock.now()) }
    let closing = !job.keepsAlive || response.fields.list("connection", has: "close")
    let octets = response.serialized(headOnly: job.request.method == .head, closing: closing)
    return .response(octets, closing: closing)
  }
}

/// The Date field's value, formatted once a second.
private struct DateClock {
  private var second: Int64 = -1
  private var text = ""

  mutating func now() -> String {
    let present = Int64(time(nil))
    if present != second {
      second = present
      text = HTTPDate.format(present)
    }
    return text
  }
}
