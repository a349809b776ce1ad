/// Every operation of a node. Command line, local API, console and help all read this table.
package enum OperationTable {
  /// Each file `<Noun>Operations.swift` declares its list in an extension and joins it here.
  package static let all: [any Operation.Type] =
    sites + siteStates + enrolment + keys + columns + items + placing + mappings + reposts
    + submissions + conflicts + asides + sync + audit + operators + [Status.self]

  package static func find(noun: String, verb: String) -> (any Operation.Type)? {
    all.first { $0.spec.noun == noun && $0.spec.verb == verb }
  }

  /// The nearest known name of a command that does not exist, as `noun verb`; empty if none.
  package static func nearest(noun: String, verb: String) -> String {
    NearestName.of(
      verb.isEmpty ? noun : "\(noun) \(verb)", among: all.map { $0.spec.name }) ?? ""
  }
}
