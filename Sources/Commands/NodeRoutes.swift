/// Decides which of the hosted nodes a path means.
package struct NodeRoutes: Sendable {
  package struct Route: Sendable, Equatable {
    package let index: Int
    /// `/360423`, or empty where the path does not name its node.
    package let prefix: String
  }

  private let indexes: [String: Int]
  /// Whether a path without a site's code means the one node that there is.
  private let hasDefault: Bool

  /// `isRoot`: the nodes are told apart by their codes alone, even a single one.
  package init(codes: [String], isRoot: Bool) {
    var indexes: [String: Int] = [:]
    for (index, code) in codes.enumerated() where indexes[code] == nil { indexes[code] = index }
    self.indexes = indexes
    hasDefault = !isRoot && codes.count == 1
  }

  package func route(_ path: String) -> Route? {
    let first = path.utf8.dropFirst().prefix { $0 != 0x2F }
    let code = String(Substring(first))
    if let index = indexes[code] { return Route(index: index, prefix: "/\(code)") }
    return hasDefault ? Route(index: 0, prefix: "") : nil
  }
}
