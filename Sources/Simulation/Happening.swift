/// What a run must have met at least once, or its passing says little.
package enum Happening: String, CaseIterable, Sendable {
  case edits, sessions
  case signedSessions = "signed sessions"
  case pages = "pages with more to come"
  case ahead = "pages asked for ahead"
  case patches
  case bothEdited = "both ends edited"
  case left
  case purges
  case conflicts
  case moved = "items moved between columns"
  case lostRequests = "lost requests"
  case lostReplies = "lost replies"
  case duplicates
  case reordered = "reordered (late) requests"
  case wants
  case wrongBases = "wrong patch bases"
  case partitions
  case crashes
  case failedWrites = "failed writes"
  case powerLosses = "power losses"
  case tornWrites = "torn writes"
  case lostWrites = "lost unsynced writes"
  case diskFull = "full disks"
  case readErrors = "read errors"
  case writeErrors = "write errors"
  case syncErrors = "sync errors"
  case flips = "flipped bits"
  case damagesFound = "damaged records found"
  case damagesUnnoticed = "damaged records worked with"
  case pagesFound = "damaged pages found"
  case repaired = "records repaired"
  case setAside = "set aside"
  case retried = "set aside and retried"
  case clockFaults = "clock faults"
  case clockSteps = "clock steps in a session"
  case restamped
  case signaturesRefused = "signatures refused"
  case ticketsRefused = "tickets refused"
  case newEpochs = "new epochs"
  case restores
  case wrongRejoins = "the wrong store rejoined"
  case clones
  case replaced = "servers replaced"
  case fenced = "old servers fenced"
  case keysChanged = "keys changed"
  case flickers = "scopes in, out and in"
  case flickersInFirstLoad = "scopes in, out and in during a first load"
  case mandatesEdited = "mandates edited"
  case mandatesUnderWay = "mandates changed under way"
  case mappingsUnderWay = "mappings changed under way"
  case reissued = "items withdrawn and reissued"
  case attached = "attachments"
  case blobsFetched = "blobs fetched"
  case blobsPushed = "blobs pushed"
  case blobsCut = "blobs cut"
  case blobsSpoilt = "blob chunks spoilt on the way"
  case blobsLost = "blobs lost"
  case blobsDamaged = "blobs damaged"
  case blobsDeletedInFlight = "blobs deleted in flight"
  case older = "items for older programs"
  case newerCells = "cells of newer programs"
  case newerKinds = "records of newer programs"
  case lateJoiners = "late joiners"

  /// Without this kind of fault it need not happen.
  var cause: FaultKind? {
    switch self {
    case .edits, .sessions, .signedSessions, .pages, .ahead, .patches, .bothEdited, .left, .purges,
      .conflicts, .moved, .mandatesEdited, .reissued, .newEpochs:
      self == .newEpochs ? .restore : nil
    case .lostRequests, .lostReplies, .duplicates, .reordered, .wants, .wrongBases: .loss
    case .partitions: .partition
    case .crashes: .kill
    case .failedWrites: .statement
    case .powerLosses, .tornWrites, .lostWrites: .power
    case .diskFull: .full
    case .readErrors, .writeErrors, .syncErrors: .io
    case .flips, .damagesFound, .damagesUnnoticed, .pagesFound, .repaired: .flip
    case .setAside, .retried: .poison
    case .clockFaults, .clockSteps, .restamped, .signaturesRefused: .clock
    case .restores, .wrongRejoins: .restore
    case .ticketsRefused, .clones: .clone
    case .replaced, .fenced: .replace
    case .keysChanged: .credentials
    case .flickers: .scope
    case .flickersInFirstLoad: .late
    case .mandatesUnderWay, .mappingsUnderWay: .orders
    case .attached, .blobsFetched, .blobsPushed, .blobsCut, .blobsSpoilt, .blobsLost,
      .blobsDamaged, .blobsDeletedInFlight:
      .blobs
    case .older, .newerCells, .newerKinds: .versions
    case .lateJoiners: .late
    }
  }
}

/// How often each of them happened.
package struct Happenings: Sendable {
  private var counts: [Happening: Int] = [:]
  /// The longest time that a tree took to come to rest, milliseconds.
  package var healing: Int64 = 0

  package init() {}

  package subscript(happening: Happening) -> Int {
    get { counts[happening, default: 0] }
    set { counts[happening] = newValue }
  }

  package mutating func add(_ other: Happenings) {
    for happening in Happening.allCases { self[happening] += other[happening] }
    healing = max(healing, other.healing)
  }

  /// What never happened though these faults could strike.
  package func missing(_ faults: FaultKinds) -> [Happening] {
    Happening.allCases.filter { happening in
      // One seed in a hundred has it: no reason to run so many each time.
      happening != .damagesUnnoticed && self[happening] == 0
        && (happening.cause.map(faults.contains) ?? true)
    }
  }
}
