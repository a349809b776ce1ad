/// Jobs in lanes that take turns, so that whoever asks most does not keep the others waiting. The
/// last idle worker takes only from lanes that have nothing under way.
struct FairQueue<Job: Sendable>: Sendable {
  private struct Lane: Sendable {
    var jobs: [Job] = []
    var head = 0
    var running = 0

    var isEmpty: Bool { head == jobs.count }

    mutating func pop() -> Job {
      let job = jobs[head]
      head += 1
      if isEmpty || head > 1_024 {
        jobs.removeFirst(head)
        head = 0
      }
      return job
    }
  }

  private let workers: Int
  private var lanes: [String: Lane] = [:]
  /// Lanes with waiting jobs, in the order of their turns.
  private var turns: [String] = []
  private var running = 0

  init(workers: Int) { self.workers = max(1, workers) }

  var isEmpty: Bool { turns.isEmpty }

  mutating func push(_ job: Job, lane name: String) {
    if lanes[name, default: Lane()].isEmpty { turns.append(name) }
    lanes[name, default: Lane()].jobs.append(job)
  }

  /// The next job and its lane, to be named again in `finish`; nil where no worker may take one.
  mutating func pop() -> (job: Job, lane: String)? {
    // Lanes that must wait have something under way, so there are no more of them than workers.
    for place in turns.indices {
      let name = turns[place]
      guard var lane = lanes[name], lane.running == 0 || running + 1 < workers else { continue }
      let job = lane.pop()
      lane.running += 1
      running += 1
      turns.remove(at: place)
      if !lane.isEmpty { turns.append(name) }
      lanes[name] = lane
      return (job, name)
    }
    return nil
  }

  mutating func finish(_ name: String) {
    guard var lane = lanes[name], lane.running > 0 else { return }
    lane.running -= 1
    running -= 1
    lanes[name] = lane.running == 0 && lane.isEmpty ? nil : lane
  }
}
