import Replication

/// Which sites there are and under whom.
struct TreeShape: Sendable {
  /// Root first, parents before their children.
  let codes: [SiteCode]
  let parents: [SiteCode: SiteCode]
  let tiers: Int

  private init(_ pairs: [(String, String)], tiers: Int) {
    let pairs = pairs.map { (TreeShape.code($0.0), TreeShape.code($0.1)) }
    codes = [TreeShape.code("P")] + pairs.map(\.0)
    parents = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    self.tiers = tiers
  }

  private static func code(_ text: String) -> SiteCode {
    guard let code = SiteCode(text) else { preconditionFailure("a code of the shapes") }
    return code
  }

  static let all = [
    TreeShape([("A", "P"), ("B", "P")], tiers: 2),
    TreeShape([("A", "P"), ("B", "P"), ("D", "P")], tiers: 2),
    TreeShape([("C", "P"), ("A", "C")], tiers: 3),
    TreeShape([("C", "P"), ("A", "C"), ("B", "C")], tiers: 3),
    TreeShape([("C", "P"), ("A", "C"), ("B", "C"), ("D", "P")], tiers: 3),
    TreeShape([("C", "P"), ("A", "C"), ("B", "C"), ("E", "P"), ("F", "E")], tiers: 3),
    TreeShape(
      [("C", "P"), ("A", "C"), ("B", "C"), ("E", "P"), ("F", "E"), ("G", "E")], tiers: 3),
  ]

  var root: SiteCode { codes[0] }

  func children(of code: SiteCode) -> [SiteCode] { codes.filter { parents[$0] == code } }

  func isLeaf(_ code: SiteCode) -> Bool { children(of: code).isEmpty }

  /// Its line upward, nearest first.
  func above(_ code: SiteCode) -> [SiteCode] {
    var line: [SiteCode] = []
    var next = parents[code]
    while let site = next {
      line.append(site)
      next = parents[site]
    }
    return line
  }

  /// The site and all below it, in the order of `codes`.
  func within(_ code: SiteCode) -> [SiteCode] {
    codes.filter { $0 == code || above($0).contains(code) }
  }
}
