import Glibc
import HTTPCore

/// A request for the workers. `key` names the connection, descriptor and generation.
struct Job: Sendable {
  let key: UInt64
  let request: HTTPRequest
  let context: RequestContext
  let keepsAlive: Bool
  /// Whose request it is, as far as is known before its signature is checked: jobs of one lane wait
  /// for each other. On a local socket each connection has its own.
  let lane: String

  init(key: UInt64, request: HTTPRequest, context: RequestContext, keepsAlive: Bool) {
    self.key = key
    self.request = request
    self.context = context
    self.keepsAlive = keepsAlive
    // Who names another's key is refused soon: verifying one costs less than an answer.
    lane =
      if context.isUnixSocket { "\(key)" } else {
        SignedRequest.claimedKeyID(request) ?? context.peerAddress
      }
  }
}

/// What the workers send back to the loop.
enum Outcome: Sendable {
  case response([UInt8], closing: Bool, afterMilliseconds: Int)
  case hold(topic: String, milliseconds: Int)
}

/// A fixed number of threads that run the handler, fair to the lanes that jobs come in.
final class WorkerPool: Sendable {
  private struct Queue: Sendable {
    var jobs: FairQueue<Job>
    var isClosed = false
  }

  private let queue: Locked<Queue>
  private let threads: [SystemThread]

  init(
    count: Int, handler: @escaping HTTPHandler,
    report: @escaping @Sendable (UInt64, Outcome) -> Void
  ) throws(SystemError) {
    var threads: [SystemThread] = []
    let queue = Locked(Queue(jobs: FairQueue(workers: count)))
    for index in 0..<max(1, count) {
      threads.append(
        try SystemThread("http-worker-\(index)") {
          var clock = DateClock()
          var lane: String?
          while let (job, name) = Self.next(queue, after: lane) {
            lane = name
            report(job.key, Self.run(job, handler, &clock))
          }
        })
    }
    self.queue = queue
    self.threads = threads
  }

  func submit(_ job: Job) {
    queue.withLock { $0.jobs.push(job, lane: job.lane) }
    queue.signal()
  }

  /// Waits for a job that this worker may take, once it has done with one of the lane `last`.
  private static func next(
    _ queue: Locked<Queue>, after last: String?
  ) -> (job: Job, lane: String)? {
    var last = last
    let next = queue.wait { queue -> (job: Job, lane: String)?? in
      if let name = last {
        queue.jobs.finish(name)
        last = nil
      }
      if let next = queue.jobs.pop() { return .some(next) }
      return queue.isClosed && queue.jobs.isEmpty ? .some(nil) : nil
    }
    // What has ended, or this turn, may let another worker go on.
    queue.signal()
    return next
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
    var delay = 0
    switch handler(job.request, job.context) {
    case .respond(let given):
      response = given
    case .respondLater(let given, let milliseconds):
      response = given
      delay = milliseconds
    case .hold(let topic, let milliseconds):
      if !job.context.timedOut { return .hold(topic: topic, milliseconds: milliseconds) }
      response = ProblemDetails(.retryLater, status: 503, title: "No answer in time").response
    }
    if !response.fields.contains("date") { response.fields.append("Date", clock.now()) }
    let closing = !job.keepsAlive || response.fields.list("connection", has: "close")
    let octets = response.serialized(headOnly: job.request.method == .head, closing: closing)
    return .response(octets, closing: closing, afterMilliseconds: delay)
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
