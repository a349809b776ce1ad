import CLinux
import Foundation
import Glibc
import Simulation
import Storage

/// Runs the daemon of one site, kills it, looks at what is left, and starts it again.
final class NodeKeeper: Sendable {
  let site: Site
  let directory: String
  private let bench: Bench
  private let state: Lock<State>

  private struct State: Sendable {
    var dice: Dice
    var port: UInt16?
    var process: ChildProcess?
    var clock = ClockFaults.Choice.right
    var isStopping = false
  }

  init(_ site: Site, _ bench: Bench, seed: UInt64) {
    self.site = site
    self.bench = bench
    directory = bench.directory(of: site)
    state = Lock(State(dice: Dice(seed: seed)))
  }

  /// Where the daemon listens now.
  var port: UInt16? { state.withLock { $0.port } }

  /// Kills and restarts until `stop`; then the daemon is away.
  func torment() {
    while !isStopping {
      let clock = nextClock()
      bench.clocks.settled(site.code, clock)
      liveAndDie(clock)
      rest()
    }
    kill("serving")
  }

  private func nextClock() -> ClockFaults.Choice {
    let (last, clock) = state.withLock { state in
      let last = state.clock
      state.clock = bench.clocks.choose(for: site.code, after: last, &state.dice)
      return (last, state.clock)
    }
    if clock.offset != nil { bench.tally.add("clock faults", clock.name) }
    if clock.offset == nil, last.offset != nil {
      bench.tally.add("clock faults", "clock corrected")
    }
    return clock
  }

  func stop() { state.withLock { $0.isStopping = true } }

  private func liveAndDie(_ clock: ClockFaults.Choice) {
    let roll = roll(1000)
    if roll < 200 {
      guard spawn(clock) != nil else { return }
      Moment.pause(Double(self.roll(120)) / 1000)
      return kill("starting")
    }
    let steps = bench.clocks.isOn && self.roll(1000) < 200
    guard start(clock, steps: steps) else { return kill("starting") }
    let seconds = roll < 650 ? 50 + self.roll(1450) : 1500 + self.roll(4500)
    live(Double(seconds) / 2000)
    if steps {
      let clock = nextClock()
      if bench.clocks.set(clock, in: clockFile) { bench.clocks.settled(site.code, clock) }
      bench.tally.add("clock faults", ClockFaults.stepped)
    }
    live(Double(seconds) / 2000)
    if !isStopping { kill("serving") }
  }

  private func live(_ seconds: Double) {
    let end = Moment.now() + seconds
    while Moment.now() < end, !isStopping { Moment.pause(min(0.05, end - Moment.now())) }
  }

  private var clockFile: String { "\(bench.options.directory)/\(site.code).clock" }

  /// Sometimes nothing serves for a while: commands then work in their own processes.
  private func rest() {
    if roll(1000) < 150, !isStopping { Moment.pause(0.2 + Double(roll(1000)) / 1000) }
  }

  // MARK: start

  /// Starts the daemon and waits until it listens.
  @discardableResult
  func start(_ clock: ClockFaults.Choice, steps: Bool = false) -> Bool {
    let begun = Moment.now()
    let limit = begun + NodeKeeper.startSecondsMax
    while Moment.now() < limit {
      guard let process = spawn(clock, steps) else { return false }
      if let port = listening(process, until: limit) {
        bench.startTimes.add(Moment.now() - begun)
        state.withLock { $0.port = port }
        return true
      }
      // A command may have had the directory all the while: then it says so and is started again.
      process.kill()
      forget(process)
      Moment.pause(0.05)
    }
    bench.tally.fail("the daemon of \(site.code) does not start, see \(site.code).log")
    return false
  }

  /// A command that found no daemon has the directory as long as a held line lets it wait.
  private static let startSecondsMax = 180.0

  private func spawn(_ clock: ClockFaults.Choice, _ steps: Bool = false) -> ChildProcess? {
    let clocks = bench.clocks.environment(clock, steps: steps, file: clockFile)
    let process = ChildProcess(
      bench.options.program,
      ["--dir", directory, "--json", "serve", "--listen", "127.0.0.1:0"],
      environment: bench.environment.merging(clocks) { $1 },
      errorFile: "\(bench.options.directory)/\(site.code).log")
    state.withLock { $0.process = process }
    if process == nil { bench.tally.fail("no process for \(site.code)") }
    return process
  }

  /// The port of its first line; nil where it ended without one.
  private func listening(_ process: ChildProcess, until limit: Double) -> UInt16? {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while Moment.now() < limit {
      var descriptor = pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 200) > 0 else { continue }
      let count = read(process.output, &buffer, buffer.count)
      if count <= 0 { return nil }
      line += buffer[..<count]
      if line.contains(10) {
        let last = line.split(separator: UInt8(ascii: ":")).last
        let digits = last?.prefix { (48...57).contains($0) }
        return digits.flatMap { UInt16(String(decoding: $0, as: UTF8.self)) }
      }
    }
    return nil
  }

  // MARK: end

  private func kill(_ when: String) {
    guard let process = state.withLock({ $0.process }) else { return }
    process.kill()
    forget(process)
    bench.tally.add("kills", "daemon \(when)")
    bench.check(site, copy: "daemon", waiting: 60)
  }

  private func forget(_ process: ChildProcess) {
    state.withLock { state in
      state.port = nil
      state.process = nil
    }
    _ = process.reap()
    if bench.clocks.isOn { ClockFaults.tidy(after: process.id) }
  }

  private func roll(_ bound: Int) -> Int { state.withLock { $0.dice.below(bound) } }
  private var isStopping: Bool { state.withLock { $0.isStopping } }

  /// The last daemon of the run goes without a trace.
  func dismiss() {
    guard let process = state.withLock({ $0.process }) else { return }
    process.kill()
    forget(process)
  }
}
