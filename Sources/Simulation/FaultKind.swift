/// What the simulated world may inflict on its nodes; `--faults` names them.
package enum FaultKind: String, CaseIterable, Sendable {
  /// Requests and answers are lost, come twice, or come late.
  case loss
  /// Children do not reach their upstream for a while.
  case partition
  /// Processes die, at a statement or at rest.
  case kill
  /// One statement of a store fails.
  case statement
  /// Machines lose power: what was not flushed is torn or lost.
  case power
  /// Disks are full.
  case full
  /// A call of the disk fails, or the disk is away for a while.
  case io
  /// Bits of stored pages change.
  case flip
  /// Clocks are off, and step while a session is under way.
  case clock
  /// Old copies of a directory take its place; operators take the wrong store for the old one.
  case restore
  /// A directory runs twice.
  case clone
  /// A server is lost whole, and a new one gets its site.
  case replace
  /// The key of a link is changed.
  case credentials
  /// What a link carries widens and narrows while it is carried.
  case scope
  /// Mandates and mappings change while they are under way.
  case orders
  /// Attachments are damaged, lost, cut, and deleted in flight.
  case blobs
  /// Sites write what they may not.
  case poison
  /// Some programs are older, some newer.
  case versions
  /// A site joins when the others are at work already.
  case late
}

/// Some kinds of faults, by name.
package struct FaultKinds: Hashable, Sendable, CustomStringConvertible {
  package private(set) var kinds: Set<FaultKind>

  package static let all = FaultKinds(Set(FaultKind.allCases))
  package static let none = FaultKinds([])

  package init(_ kinds: Set<FaultKind>) { self.kinds = kinds }

  /// `all`, `none`, or names separated by commas; nil for anything else.
  package init?(text: String) {
    switch text {
    case "all": self = .all
    case "none": self = .none
    default:
      let names = text.split(separator: ",", omittingEmptySubsequences: false)
      let kinds = names.compactMap { FaultKind(rawValue: String($0)) }
      guard kinds.count == names.count else { return nil }
      self.init(Set(kinds))
    }
  }

  package func contains(_ kind: FaultKind) -> Bool { kinds.contains(kind) }

  package func without(_ kind: FaultKind) -> FaultKinds { FaultKinds(kinds.subtracting([kind])) }

  package var description: String {
    if self == .all { return "all" }
    let names = FaultKind.allCases.filter(contains).map(\.rawValue)
    return names.isEmpty ? "none" : names.joined(separator: ",")
  }
}
