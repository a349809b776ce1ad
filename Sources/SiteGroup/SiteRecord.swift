import Replication

/// What a site is; decides where in the tree it may stand.
package enum SiteKind: String, Sendable, CaseIterable { case central, county, department }

/// A site in the registry: code, name, kind, parent. Written by the parent, sent to everyone below.
package struct SiteRecord: RecordView {
  package static let kind = RecordKind.site
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let code = "code"
    package static let name = "name"
    package static let kind = "kind"
    package static let state = "state"
  }

  package enum State: String, Sendable { case expected, enrolled, suspended, retired }

  package var code: SiteCode? { record.value(Cell.code) }
  package var name: String { record.value(Cell.name) ?? code?.text ?? "" }
  package var siteKind: SiteKind? {
    record.value(Cell.kind, as: String.self).flatMap(SiteKind.init)
  }
  package var state: State {
    record.value(Cell.state, as: String.self).flatMap(State.init) ?? .expected
  }
  /// The parent is who registered it; the root registered itself.
  package var parent: SiteCode? { owner == code ? nil : owner }

  package static func register(
    _ code: SiteCode, name: String?, kind: SiteKind?, state: State?, by parent: SiteCode
  ) -> RecordEdit {
    var edit = RecordEdit(.site(code, registeredBy: parent))
    edit.set(Cell.code, code)
    if let name { edit.set(Cell.name, name) }
    if let kind { edit.set(Cell.kind, kind.rawValue) }
    if let state { edit.set(Cell.state, state.rawValue) }
    return edit
  }
}

/// The tree of sites as a node knows it. A value; never reads storage.
package struct SiteTree: Sendable {
  package struct Site: Sendable {
    package let code: SiteCode
    package let name: String
    package let kind: SiteKind?
    package let parent: SiteCode?
    package let state: SiteRecord.State

    init(
      code: SiteCode, name: String, kind: SiteKind?, parent: SiteCode?, state: SiteRecord.State
    ) {
      (self.code, self.name, self.kind) = (code, name, kind)
      (self.parent, self.state) = (parent, state)
    }

    /// A site as it knows itself before its parent's registry reaches it.
    package init(unregistered code: SiteCode, name: String, kind: SiteKind) {
      self.init(code: code, name: name, kind: kind, parent: nil, state: .expected)
    }
  }

  package private(set) var sites: [SiteCode: Site] = [:]
  private var childrenByParent: [SiteCode: Set<SiteCode>] = [:]
  private static let depthMax = 16

  package init() {}

  package mutating func set(_ record: SiteRecord) {
    guard let code = record.code else { return }
    // A root that has joined another tree stands where it was registered, whatever it once said.
    if record.parent == nil, sites[code]?.parent != nil { return }
    remove(code)
    sites[code] = Site(
      code: code, name: record.name, kind: record.siteKind, parent: record.parent,
      state: record.state)
    if let parent = record.parent { childrenByParent[parent, default: []].insert(code) }
  }

  /// The record is gone, or says something else now.
  package mutating func remove(_ record: SiteRecord) {
    if let code = record.code, sites[code]?.parent == record.parent { remove(code) }
  }

  private mutating func remove(_ code: SiteCode) {
    if let parent = sites.removeValue(forKey: code)?.parent {
      childrenByParent[parent]?.remove(code)
    }
  }

  package func parent(of code: SiteCode) -> SiteCode? { sites[code]?.parent }

  package func children(of code: SiteCode) -> [SiteCode] {
    (childrenByParent[code] ?? []).sorted()
  }

  /// Its line upward, nearest first.
  package func above(_ code: SiteCode) -> [SiteCode] {
    var line: [SiteCode] = []
    var next = parent(of: code)
    while let site = next, line.count < SiteTree.depthMax, !line.contains(site) {
      line.append(site)
      next = parent(of: site)
    }
    return line
  }

  /// Whether `code` is `site` or stands below it.
  package func isWithin(_ code: SiteCode, _ site: SiteCode) -> Bool {
    code == site || above(code).contains(site)
  }

  /// Whether `code` belongs with `site` to one group: it stands above it, or in the tree of its
  /// nearest centre (itself, where it is one). The sites of another city do not.
  package func isOfGroup(_ code: SiteCode, of site: SiteCode) -> Bool {
    let line = [site] + above(site)
    let centre = line.first { sites[$0]?.kind == .central } ?? line.last ?? site
    return line.contains(code) || isWithin(code, centre)
  }

  /// The site and all below it, sorted.
  package func within(_ site: SiteCode) -> [SiteCode] {
    var found: Set<SiteCode> = [site]
    var queue = [site]
    while let next = queue.popLast() {
      for child in children(of: next) where found.insert(child).inserted { queue.append(child) }
    }
    return found.sorted()
  }
}
