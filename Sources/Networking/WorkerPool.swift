import HTTPCore

/// A request for the workers. `key` names the connection, descriptor and generation; `mailbox` is
/// that of its loop.
struct Job: Sendable {
  let key: UInt64
  let mailbox: Mailbox<LoopMessage>
  let request: HTTPRequest
  let context: RequestContext
  let keepsAlive: Bool
  /// Whose request it is, as far as is known before its signature is checked: jobs of one lane wait
  /// for each other. On a local socket each connection has its own.
  let lane: String

  init(
    key: UInt64, mailbox: Mailbox<LoopMessage>, request: HTTPRequest, context: RequestContext,
    keepsAlive: Bool
  ) {
    self.key = key
    self.mailbox = mailbox
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

/// A fixed number of threads that run the handler, fair to the lanes that jobs come in.
final class WorkerPool: Sendable {
  private struct Queue: Sendable {
    var jobs: FairQueue<Job>
    var isClosed = false
  }

  private let queue: Locked<Queue>
  private let threads: [SystemThread]

  init(count: Int, handler: @escaping HTTPHandler) throws(SystemError) {
    var threads: [SystemThread] = []
    let queue = Locked(Queue(jobs: FairQueue(workers: count)))
    for index in 0..<max(1, count) {
      threads.append(
        try SystemThread("http-worker-\(index)") {
          var clock = DateClock()
          var lane: String?
          while let (job, name) = Self.next(queue, after: lane) {
            lane = name
            let reply = handler(job.request, job.context)
            let outcome = Outcome(
              reply, to: job.request, job.context, keepsAlive: job.keepsAlive, &clock)
            job.mailbox.post(.outcome(job.key, outcome))
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
    var leavesOthers = false
    let next = queue.wait { queue -> (job: Job, lane: String)?? in
      if let name = last {
        queue.jobs.finish(name)
        last = nil
      }
      let next = queue.jobs.pop()
      leavesOthers = !queue.jobs.isEmpty
      if let next { return .some(next) }
      return queue.isClosed && queue.jobs.isEmpty ? .some(nil) : nil
    }
    // What has ended, or this turn, may let another worker go on.
    if leavesOthers { queue.signal() }
    return next
  }

  /// Lets the workers finish what is queued and waits for them.
  func stop() {
    queue.withLock { $0.isClosed = true }
    queue.broadcast()
    for thread in threads where !thread.isCurrent { thread.join() }
  }
}
