/// What a run must have met at least once, or its passing says little.
package enum Happening: String, CaseIterable, Sendable {
  case edits, sessions
  case lostRequests = "lost requests"
  case lostReplies = "lost replies"
  case duplicates
  case reordered = "reordered (late) requests"
  case partitions
  case crashes
  case failedWrites = "failed writes"
  case pages = "pages with more to come"
  case patches
  case wants
  case wrongBases = "wrong patch bases"
  case bothEdited = "both ends edited"
  case setAside = "set aside"
  case retried = "set aside and retried"
  case left
  case purges
  case conflicts
  case clockFaults = "clock faults"
  case restamped
  case ticketsRefused = "tickets refused"
  case newEpochs = "new epochs"
  case restores
  case clones
  case lateJoiners = "late joiners"
}

/// How often each of them happened.
package struct Happenings: Sendable {
  private var counts: [Happening: Int] = [:]

  package init() {}

  package subscript(happening: Happening) -> Int {
    get { counts[happening, default: 0] }
    set { counts[happening] = newValue }
  }

  package mutating func add(_ other: Happenings) {
    for happening in Happening.allCases { self[happening] += other[happening] }
  }

  package var missing: [Happening] { Happening.allCases.filter { self[$0] == 0 } }
}
