import Console
import NodeCore

/// An operation that the caller's process runs by itself: there is no node yet, or it becomes one.
protocol ShellOperation: Sendable {
  associatedtype Output: Answer

  static var spec: OperationSpec { get }

  init(_ arguments: Arguments) throws

  func run(in context: ShellContext) throws -> Output
}

/// What a shell operation runs with.
struct ShellContext: Sendable {
  let globals: GlobalOptions
  let surroundings: Surroundings
}

/// Everything that `sitegroup` can be told to do.
package enum CommandTable {
  enum Entry {
    case node(any Operation.Type)
    case shell(any ShellOperation.Type)

    var spec: OperationSpec {
      switch self {
      case .node(let type): type.spec
      case .shell(let type): type.spec
      }
    }
  }

  static let shell: [any ShellOperation.Type] = [
    InitOperation.self, ServeOperation.self, RestoreOperation.self, WireOperation.self,
  ]

  /// What a node does for somebody, here or in its daemon.
  package static let operations: [any Operation.Type] = OperationTable.all + ConsoleOperations.all

  static func operation(noun: String, verb: String) -> (any Operation.Type)? {
    operations.first { $0.spec.noun == noun && $0.spec.verb == verb }
  }

  /// The nearest operation to one that does not exist, as `noun verb`; empty if none.
  static func nearest(noun: String, verb: String) -> String {
    NearestName.of(
      verb.isEmpty ? noun : "\(noun) \(verb)", among: operations.map { $0.spec.name }) ?? ""
  }

  /// The operations in the order of the help.
  static var all: [Entry] {
    shell.map { .shell($0) } + operations.map { .node($0) }
  }

  static func find(noun: String, verb: String) -> Entry? {
    all.first { $0.spec.noun == noun && $0.spec.verb == verb }
  }

  /// Each noun once, in the order of the table.
  static func nouns(_ specs: [OperationSpec]) -> [String] {
    var nouns: [String] = []
    for spec in specs where !nouns.contains(spec.noun) { nouns.append(spec.noun) }
    return nouns
  }
}
