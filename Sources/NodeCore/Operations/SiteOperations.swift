import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let sites: [any Operation.Type] = [SiteList.self, SiteShow.self, SiteImport.self]
}

/// A site of the registry.
package struct SiteAnswer: Codable, Sendable {
  let code: String
  let name: String
  let kind: String?
  let parent: String?
  let state: String

  init(_ site: SiteTree.Site) {
    code = site.code.text
    name = site.name
    kind = site.kind?.rawValue
    parent = site.parent?.text
    state = site.state.rawValue
  }

  static func stateName(_ state: String, _ language: Language) -> String {
    guard language == .zh else { return state }
    return switch SiteRecord.State(rawValue: state) {
    case .expected: "待登记"
    case .enrolled: "已登记"
    case .suspended: "已暂停"
    case .retired: "已停用"
    case nil: state
    }
  }

  package static func kindName(_ kind: String?, _ language: Language) -> String {
    guard language == .zh else { return kind ?? "" }
    return switch kind.flatMap(SiteKind.init(rawValue:)) {
    case .central: "中心"
    case .county: "县区"
    case .department: "部门"
    case nil: ""
    }
  }
}

struct SiteList: Operation {
  static let spec = OperationSpec(
    "site", "list", zh: "列出站点", en: "lists the sites", changes: false,
    [
      .option(
        "kind", "KIND", zh: "central、county 或 department", en: "central, county or department")
    ])

  struct Output: Answer {
    let sites: [SiteAnswer]

    func text(_ language: Language) -> String {
      var table =
        language == .zh
        ? TextTable(["代码", "名称", "类别", "上级", "状态"])
        : TextTable(["code", "name", "kind", "parent", "state"])
      for site in sites {
        table.add([
          site.code, site.name, SiteAnswer.kindName(site.kind, language), site.parent ?? "",
          SiteAnswer.stateName(site.state, language),
        ])
      }
      return table.text
    }
  }

  let kind: String?

  init(_ arguments: Arguments) throws {
    kind = try arguments.choice("kind", of: SiteKind.allCases.map(\.rawValue))
  }

  func run(in context: OperationContext) throws -> Output {
    try context.read { _, library in
      let sites = library.directory.tree.sites.values.sorted { $0.code < $1.code }
      return Output(
        sites: sites.filter { kind == nil || $0.kind?.rawValue == kind }.map(SiteAnswer.init))
    }
  }
}

struct SiteShow: Operation {
  static let spec = OperationSpec(
    "site", "show", zh: "显示一个站点", en: "shows a site", changes: false,
    [.optionalPositional("site", "CODE", zh: "站点代码（默认本站）", en: "its code (default: this site)")])

  struct Output: Answer {
    let code: String
    let name: String
    let kind: String?
    let parent: String?
    let state: String
    let children: [String]
    let columns: Int
    /// When the node was last heard, where it is a neighbour of this one.
    let lastSeenAt: String?
    /// What a child and all below it have here.
    let totals: TotalsAnswer?

    enum CodingKeys: String, CodingKey {
      case code, name, kind, parent, state, children, columns, totals
      case lastSeenAt = "last_seen_at"
    }

    func text(_ language: Language) -> String {
      let isChinese = language == .zh
      let kind = SiteAnswer.kindName(kind, language)
      let state = SiteAnswer.stateName(state, language)
      var lines = ["\(code)  \(name)"]
      func add(_ zh: String, _ en: String, _ value: String) {
        if !value.isEmpty { lines.append("\(isChinese ? zh : en)  \(value)") }
      }
      add("类别", "kind", kind)
      add("状态", "state", state)
      add("上级", "parent", parent ?? "")
      add("下级", "children", children.joined(separator: " "))
      add("栏目", "columns", String(columns))
      add("最近联系", "last seen", lastSeenAt ?? "")
      add("在此存量", "has here", totals?.text(language) ?? "")
      return lines.map(TextTable.line).joined(separator: "\n")
    }
  }

  let code: String?

  init(_ arguments: Arguments) throws { code = arguments.optionalText("site") }

  func run(in context: OperationContext) throws -> Output {
    let own = try context.node.profile()
    return try context.read { snapshot, library in
      let site =
        try code == nil && library.directory.tree.sites[context.node.site] == nil
        ? SiteTree.Site(unregistered: context.node.site, name: own.name, kind: own.kind)
        : library.directory.site(named: code ?? context.node.site.text)
      let directory = library.directory
      let seen = try snapshot.link(to: site.code).flatMap { $0.seenAt ?? $0.lastSuccessAt }
      return Output(
        code: site.code.text, name: site.name, kind: site.kind?.rawValue,
        parent: site.parent?.text, state: site.state.rawValue,
        children: directory.tree.children(of: site.code).map(\.text),
        columns: directory.columns(of: site.code).count,
        lastSeenAt: seen.map { context.text(of: $0) },
        totals: site.parent == directory.site
          ? TotalsAnswer(
            try snapshot.totals(ofChild: site.code, directory),
            context.node.settings.siteLimits.quota) : nil)
    }
  }
}
