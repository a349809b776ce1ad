/// Makes a script that fails shorter, as long as it fails the same way.
struct Minimizer {
  /// Runs a script; what was violated, or nil.
  let run: (Script) -> String?
  /// How many runs it may take.
  var runsMax = 600

  /// What tells one way of failing from another: the words before the details, without names.
  static func kind(of failure: String) -> String {
    let head = failure.prefix { $0 != ":" }
    return head.split(separator: " ").filter { word in
      !word.utf8.contains { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }.joined(separator: " ")
  }

  func minimized(_ script: Script, failing failure: String) -> Script {
    let kind = Minimizer.kind(of: failure)
    var runs = 0
    func fails(_ candidate: Script) -> Bool {
      runs += 1
      return runs <= runsMax && run(candidate).map(Minimizer.kind) == kind
    }
    var best = script
    var size = max(1, best.count / 2)
    while runs <= runsMax {
      var isShorter = false
      var start = 0
      while start < best.count {
        var steps = best.steps
        steps.removeSubrange(start..<min(start + size, steps.count))
        if fails(best.with(steps)) {
          best = best.with(steps)
          isShorter = true
        } else {
          start += size
        }
      }
      if size == 1, !isShorter { break }
      if !isShorter { size = max(1, size / 2) }
    }
    for kind in FaultKind.allCases where best.faults.contains(kind) {
      let fewer = best.with(best.faults.without(kind))
      if fails(fewer) { best = fewer }
    }
    return best
  }
}
