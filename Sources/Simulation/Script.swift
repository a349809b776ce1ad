import Replication

/// One thing that is done in the simulated world. Its own seed decides everything else about it, so
/// that a step can be taken out without changing what the others do.
struct Step: Hashable, Sendable {
  enum Action: String, CaseIterable, Sendable {
    case edit, converse, synchronize, deliver, kill, fail, cut, clock, step, copy, restore, clone
    case power, full, io, flip, replace, rekey, join, operate, audit, wait, flicker, orders, blobs
    case spoil, collect

    /// How often it is done, of the sum of all.
    var weight: Int {
      switch self {
      case .edit: 320
      case .converse: 400
      case .synchronize: 26
      case .blobs: 40
      case .deliver, .cut, .copy, .join, .operate, .step: 20
      case .kill, .clock: 28
      case .fail, .restore, .audit, .orders, .flicker: 12
      case .spoil, .rekey: 8
      case .power, .io: 16
      case .full, .flip: 8
      case .clone, .collect, .replace: 5
      case .wait: 22
      }
    }

    /// The kind of fault that it is; nil where it is none.
    var fault: FaultKind? {
      switch self {
      case .edit, .converse, .synchronize, .operate, .audit, .wait, .collect: nil
      case .deliver: .loss
      case .kill: .kill
      case .fail: .statement
      case .cut: .partition
      case .clock, .step: .clock
      case .copy, .restore: .restore
      case .clone: .clone
      case .replace: .replace
      case .power: .power
      case .full: .full
      case .io: .io
      case .flip: .flip
      case .rekey: .credentials
      case .join: .late
      case .flicker: .scope
      case .orders: .orders
      case .blobs, .spoil: .blobs
      }
    }

    fileprivate static let deck = allCases.flatMap { Array(repeating: $0, count: $0.weight) }
  }

  let action: Action
  let site: SiteCode
  /// Milliseconds before it.
  let wait: Int64
  let seed: UInt64
}

/// A run as steps, as a seed makes them or as they were written down.
///
///     seed 7 tiers 3 faults all
///     53211 edit A 17369021
package struct Script: Hashable, Sendable, CustomStringConvertible {
  package let seed: UInt64
  package let tiers: Int?
  package let faults: FaultKinds
  let steps: [Step]

  init(seed: UInt64, tiers: Int?, faults: FaultKinds, steps: [Step]) {
    (self.seed, self.tiers, self.faults, self.steps) = (seed, tiers, faults, steps)
  }

  /// What a seed makes.
  package init(seed: UInt64, tiers: Int?, faults: FaultKinds) {
    let setting = Setting(seed: seed, tiers: tiers, faults: faults)
    var dice = Dice(seed: seed ^ 0x5EED)
    let codes = setting.shape.codes
    let steps = (0..<dice.within(20...160)).map { _ in
      Step(
        action: dice.pick(Step.Action.deck) ?? .edit, site: dice.pick(codes) ?? codes[0],
        wait: Int64(dice.within(1...120_000)), seed: dice.next() >> 24)
    }
    self.init(seed: seed, tiers: tiers, faults: faults, steps: steps)
  }

  package var count: Int { steps.count }

  func with(_ steps: [Step]) -> Script {
    Script(seed: seed, tiers: tiers, faults: faults, steps: steps)
  }

  func with(_ faults: FaultKinds) -> Script {
    Script(seed: seed, tiers: tiers, faults: faults, steps: steps)
  }

  // MARK: as text

  package struct Unreadable: Error, CustomStringConvertible {
    package let description: String
  }

  package init(text: String) throws(Unreadable) {
    var lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    lines.removeAll { $0.isEmpty || $0[0].hasPrefix("#") }
    guard let head = lines.first, head.count == 6, head[0] == "seed", head[2] == "tiers",
      head[4] == "faults", let seed = UInt64(head[1]), let faults = FaultKinds(text: head[5]),
      ["any", "2", "3"].contains(head[3])
    else { throw Unreadable(description: "a script begins: seed N tiers any|2|3 faults LIST") }
    var steps: [Step] = []
    for line in lines.dropFirst() {
      guard line.count == 4, let wait = Int64(line[0]), (0...86_400_000).contains(wait),
        let action = Step.Action(rawValue: line[1]), let site = SiteCode(line[2]),
        let seed = UInt64(line[3])
      else {
        throw Unreadable(description: "not a step: \(line.joined(separator: " "))")
      }
      steps.append(Step(action: action, site: site, wait: wait, seed: seed))
    }
    self.init(seed: seed, tiers: Int(head[3]), faults: faults, steps: steps)
  }

  package var description: String {
    let head = "seed \(seed) tiers \(tiers.map(String.init) ?? "any") faults \(faults)"
    return ([head] + steps.map { "\($0.wait) \($0.action.rawValue) \($0.site) \($0.seed)" })
      .joined(separator: "\n")
  }
}
