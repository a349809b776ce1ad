import Foundation
import Replication
import SQLite
import Storage
import Testing

/// Each statement and each call to a file of what a pair of nodes does is made to fail in turn. The
/// quick run takes one of each kind at one end; `SITEGROUP_FAULTS=all` in the environment takes all.
@Suite struct FailAtNTests {
  private static let isWhole = ProcessInfo.processInfo.environment["SITEGROUP_FAULTS"] == "all"
  /// Whether what comes of each blow is printed.
  private static let isTold = ProcessInfo.processInfo.environment["SITEGROUP_FAULTS_TOLD"] != nil

  @Test(arguments: DiskScenario.all)
  func `whatever call fails, nothing accepted is lost and nothing is half done`(
    _ scenario: DiskScenario
  ) throws {
    let prepared = try DiskPair()
    try scenario.prepare(prepared)
    let trial = try FaultTrial(scenario, prepared.image)
    var runs = 0
    for (place, blow) in Blow.all.enumerated() {
      for (side, code) in DiskPair.codes.enumerated() where Self.isWhole || (place + side) % 2 == 0 {
        let count = trial.counts[place][side]
        for number in numbers(upTo: count, salt: place) {
          let note = "\(scenario.name): \(blow), call \(number) of \(count) at \(code)"
          let failure = try trial.strike(blow, number, code, note)
          if Self.isTold { print("\(note): \(failure.map { "\($0)" } ?? "went on")") }
          runs += 1
        }
      }
    }
    #expect(runs > 5)
    if Self.isWhole { print("\(scenario.name): \(runs) faults") }
  }

  /// In the quick run one number, another one for each blow.
  private func numbers(upTo count: Int, salt: Int) -> [Int] {
    if count == 0 { return [] }
    return Self.isWhole ? Array(1...count) : [1 + (salt &* 7919) % count]
  }
}

/// A kind of failure: what fails, with which code, and for how long.
struct Blow: Sendable, CustomStringConvertible {
  enum Target: Sendable {
    case statement
    /// A call to a file of the database; nil for all kinds.
    case disk(DiskCall?)
    /// A call to a file of the blob store.
    case blob(FileCall?)
  }

  enum End: Sendable {
    /// One call fails.
    case once
    /// All fail from then on, until the disk is well again.
    case recovery
    /// All fail from then on, until the process is killed and started again.
    case kill
    /// The same, and the power fails.
    case powerLoss
  }

  let target: Target
  let code: Int32?
  let end: End

  init(_ target: Target, _ code: Int32?, _ end: End) {
    (self.target, self.code, self.end) = (target, code, end)
  }

  var description: String { "\(target) \(code.map(String.init) ?? "") \(end)" }

  private static let full: Int32 = 13
  private static let input: Int32 = 10
  private static let noSpace: Int32 = 28
  private static let inputNumber: Int32 = 5

  static let all: [Blow] =
    [
      Blow(.statement, full, .once), Blow(.statement, input, .recovery),
      Blow(.statement, input, .kill), Blow(.disk(nil), nil, .powerLoss),
      Blow(.disk(nil), nil, .recovery), Blow(.disk(.write), full, .once),
      Blow(.disk(.write), full, .recovery), Blow(.disk(.sync), nil, .powerLoss),
      Blow(.disk(.read), nil, .recovery), Blow(.blob(nil), inputNumber, .kill),
      Blow(.blob(nil), inputNumber, .recovery),
    ]
    + DiskCall.allCases.map { Blow(.disk($0), nil, .once) }
    + FileCall.allCases.map { Blow(.blob($0), noSpace, .once) }
}

/// A scenario from one image, undisturbed once and then with one blow at a time.
struct FaultTrial {
  let scenario: DiskScenario
  let image: DiskPair.Image
  /// Calls of each kind of blow at each site where none fails.
  let counts: [[Int]]
  /// The keys at each site in the end.
  private let expected: [[RecordKey]]

  init(_ scenario: DiskScenario, _ image: DiskPair.Image) throws {
    (self.scenario, self.image) = (scenario, image)
    let pair = try DiskPair(image)
    for code in DiskPair.codes {
      pair.statements[code] = StatementFault(number: .max, code: 0, isLasting: false)
      try pair.disk(code).restartCounts()
      pair.blobFaults[code]?.disarm()
    }
    var accepted = DiskScenario.Acceptances()
    try scenario.act(pair, &accepted)
    counts = try Blow.all.map { blow in
      try DiskPair.codes.map { try FaultTrial.count(of: blow.target, at: $0, pair) }
    }
    try FaultTrial.converge(pair, "undisturbed")
    expected = try FaultTrial.keys(pair)
  }

  private static func count(of target: Blow.Target, at code: String, _ pair: DiskPair) throws -> Int {
    switch target {
    case .statement: return pair.statements[code]?.count ?? 0
    case .disk(let call): return try pair.disk(code).count(of: call)
    case .blob(let call):
      let faults = try #require(pair.blobFaults[code])
      return (call.map { [$0] } ?? FileCall.allCases).reduce(0) { $0 + faults.count(of: $1) }
    }
  }

  /// Answers what the scenario ended with when the blow fell.
  func strike(_ blow: Blow, _ number: Int, _ code: String, _ note: String) throws -> (any Error)? {
    let pair = try DiskPair(image)
    var accepted = DiskScenario.Acceptances()
    var failure: (any Error)?
    try arm(blow, number, code, pair)
    do { try scenario.act(pair, &accepted) } catch { failure = error }
    #expect(try strikes(of: blow.target, at: code, pair) > 0, "\(note): nothing was struck")
    try heal(blow, number, code, pair)
    try pair.expectSound(note)
    for one in accepted.keys {
      #expect(try pair.holdings(one.code)[one.key] != nil, "\(note): \(one.key) is lost")
    }
    pair.clock.withLock { $0 += 3_600_000 }
    do {
      try scenario.act(pair, &accepted)
      try FaultTrial.converge(pair, note)
    } catch {
      Issue.record("\(note): \(error)")
    }
    try pair.expectSound(note)
    #expect(try FaultTrial.keys(pair) == expected, "\(note)")
    return failure
  }

  private func arm(_ blow: Blow, _ number: Int, _ code: String, _ pair: DiskPair) throws {
    let isLasting = blow.end != .once
    switch blow.target {
    case .statement:
      pair.statements[code] = StatementFault(
        number: number, code: blow.code ?? 1, isLasting: isLasting)
    case .disk(let call):
      try pair.disk(code).fault = DiskFault(
        call, number: number, code: blow.code, isLasting: isLasting)
    case .blob(let call):
      pair.blobFaults[code]?.arm(call, number: number, code: blow.code ?? 1, isLasting: isLasting)
    }
  }

  private func strikes(of target: Blow.Target, at code: String, _ pair: DiskPair) throws -> Int {
    switch target {
    case .statement: pair.statements[code]?.strikes ?? 0
    case .disk: try pair.disk(code).strikes
    case .blob: pair.blobFaults[code]?.strikes ?? 0
    }
  }

  private func heal(_ blow: Blow, _ number: Int, _ code: String, _ pair: DiskPair) throws {
    pair.statements[code] = nil
    pair.blobFaults[code]?.disarm()
    let disk = try pair.disk(code)
    switch blow.end {
    case .once, .recovery:
      disk.fault = nil
      return
    case .kill: disk.kill()
    case .powerLoss:
      var dice = Dice(seed: UInt64(number))
      disk.crash { dice.roll($0) }
    }
    try pair.start(code)
  }

  private static func keys(_ pair: DiskPair) throws -> [[RecordKey]] {
    try DiskPair.codes.map { try pair.holdings($0).keys.sorted() }
  }

  private static func converge(_ pair: DiskPair, _ note: String) throws {
    var isInStep = false
    for _ in 0..<4 where !isInStep { isInStep = try pair.sync()["in_step"] == true }
    #expect(isInStep, "\(note)")
    let above = try pair.holdings(DiskPair.city)
    for (key, digest) in try pair.holdings(DiskPair.county) {
      #expect(above[key] == digest, "\(note): \(key)")
    }
  }
}
