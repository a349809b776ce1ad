import FoundationEssentials
import Glibc
import Simulation
import Storage

/// Which clock a daemon starts with. At most one node is far from the right time at once: two that
/// are wrong alike would take each other's stamps for good ones, and nothing could tell them.
final class ClockFaults: Sendable {
  struct Choice: Sendable {
    /// As libfaketime reads it; nil for the right time.
    let offset: String?
    let isFar: Bool
    let name: String

    static let right = Choice(offset: nil, isFar: false, name: "right")
  }

  private static let near = [
    Choice(offset: "-2m", isFar: false, name: "clock minutes off"),
    Choice(offset: "+2m", isFar: false, name: "clock minutes off"),
    Choice(offset: "+4m", isFar: false, name: "clock minutes off"),
  ]
  private static let far = [
    Choice(offset: "+45m", isFar: true, name: "clock hours off"),
    Choice(offset: "-3h", isFar: true, name: "clock hours off"),
    Choice(offset: "+40d", isFar: true, name: "clock days off"),
    Choice(offset: "-3650d", isFar: true, name: "clock ten years behind"),
    Choice(offset: "+3650d", isFar: true, name: "clock ten years ahead"),
  ]
  static let stepped = "clock stepped under way"
  static let names = [
    stepped, "clock minutes off", "clock hours off", "clock days off", "clock ten years behind",
    "clock ten years ahead", "clock corrected",
  ]

  private let library: String?
  private let farSite = Lock<String?>(nil)

  init(library: String?) { self.library = library }

  var isOn: Bool { library != nil }

  /// `last` is what the site's daemon has, or had.
  func choose(for site: String, after last: Choice, _ dice: inout Dice) -> Choice {
    guard isOn, last.offset == nil || dice.chance(perMille: 200) else { return .right }
    let roll = dice.below(1000)
    if roll < 60, let choice = dice.pick(ClockFaults.near) { return choice }
    guard roll < 160, let choice = dice.pick(ClockFaults.far) else { return .right }
    let isFree = farSite.withLock { farSite in
      if farSite != nil, farSite != site { return false }
      farSite = site
      return true
    }
    return isFree ? choice : .right
  }

  /// The site's daemon runs by that clock now, or not at all: another may be far off.
  func settled(_ site: String, _ choice: Choice) {
    if choice.isFar { return }
    farSite.withLock { if $0 == site { $0 = nil } }
  }

  /// What a daemon needs to start with that clock, and to have it set while it runs.
  func environment(_ choice: Choice, steps: Bool, file: String) -> [String: String] {
    guard let library, choice.offset != nil || steps, set(choice, in: file) else { return [:] }
    // Timers go on as they are; only the time of day is wrong.
    return [
      "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
  }

  /// Sets the clock of whoever reads the file, all at once.
  func set(_ choice: Choice, in file: String) -> Bool {
    let beside = "\(file).new"
    let octets = Array((choice.offset ?? "+0").utf8)
    return FileManager.default.createFile(atPath: beside, contents: Data(octets))
      && rename(beside, file) == 0
  }

  /// What the library leaves behind for a process that was killed.
  static func tidy(after process: Int32) {
    unlink("/dev/shm/faketime_shm_\(process)")
    unlink("/dev/shm/sem.faketime_sem_\(process)")
  }
}
