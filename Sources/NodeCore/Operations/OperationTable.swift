/// Every operation of a node. Command line, local API, console and help all read this table.
package enum OperationTable {
  /// Each file `<Noun>Operations.swift` declares its list in an extension and joins it here.
  package static let all: [any Operation.Type] =
    sites + siteStates + enrolment + keys + columns + items + placing + mappings + reposts
    + submissions + conflicts + asides + sync + audit + operators + [Status.self]

  package static func find(noun: String, verb: String) -> (any Operation.Type)? {
    all.first { $0.spec.noun == noun && $0.spec.verb == verb }
  }
}
