import FoundationEssentials

/// What a run is told: how long, how many kills, from which seed, with which program.
struct TortureOptions: Sendable {
  /// Faults last this long, and until so many kills were dealt.
  var seconds = 600.0
  var killsMin = 0
  var seed: UInt64 = 1
  /// The program `sitegroup` of the release build.
  var program = ""
  /// The library of libfaketime; nil runs with right clocks only.
  var clockLibrary: String?
  /// Where the nodes' directories are made; kept where the run fails.
  var directory = ""
  /// Spoils a store before the ledger is checked: the run must fail then.
  var spoils = false

  static let usage = """
    usage: Torture --program FILE --directory DIR [--seconds S] [--kills N] [--seed S]
                   [--clock-library FILE] [--spoil]
    """

  init?(_ words: [String]) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--spoil" {
        spoils = true
        continue
      }
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "--program": program = value
      case "--directory": directory = value
      case "--clock-library": clockLibrary = value
      case "--seconds":
        guard let number = Double(value), number > 0, number <= 86_400 else { return nil }
        seconds = number
      case "--kills":
        guard let number = Int(value), number >= 0 else { return nil }
        killsMin = number
      case "--seed":
        guard let number = UInt64(value) else { return nil }
        seed = number
      default: return nil
      }
    }
    if program.isEmpty || directory.isEmpty { return nil }
  }
}
