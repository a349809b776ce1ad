import Library
import Replication
import SiteGroup
import Storage

/// A column as `column list` shows it.
package struct ColumnAnswer: Codable, Sendable {
  package let id: String
  package let site: String
  package let path: String
  package let type: String
  package let modes: [String]
  package let update: String
  package let units: [String]
  package let source: String
  package let url: String
  /// How many items show in it.
  package let items: Int

  init(_ column: ColumnRecord, in snapshot: Snapshot) throws {
    id = column.id.description
    site = column.owner.text
    path = column.path
    type = column.type
    modes = column.modes.map(\.rawValue)
    update = column.update
    units = column.units
    source = column.source
    url = column.url
    items = try snapshot.contentsCount(of: column.key)
  }

  static func table(_ columns: [ColumnAnswer], _ language: Language) -> String {
    var table =
      language == .zh
      ? TextTable(["标识", "站点", "栏目", "保障方式", "更新", "信息"], right: [5])
      : TextTable(["id", "site", "column", "modes", "update", "items"], right: [5])
    for column in columns {
      let modes = column.modes.map { mode in
        language == .zh ? SupplyMode(rawValue: mode)?.printed ?? mode : mode
      }
      table.add([
        String(column.id.prefix(8)), column.site, TextTable.clipped(column.path, cellsMax: 60),
        modes.joined(separator: language == .zh ? "、" : ","), column.update,
        String(column.items),
      ])
    }
    return table.text
  }
}

/// One column in full.
package struct ColumnDetail: Answer {
  package struct Grant: Codable, Sendable {
    package let site: String
    /// `contribute` or `read`.
    package let grant: String
  }

  package let column: ColumnAnswer
  package let position: Int64
  /// The catalogue's row as printed.
  package let row: [String]
  package let grants: [Grant]

  init(_ record: ColumnRecord, in snapshot: Snapshot) throws {
    column = try ColumnAnswer(record, in: snapshot)
    position = record.position
    row = record.row
    grants = record.grants.map {
      Grant(site: $0.site.text, grant: $0.grant == .contribute ? "contribute" : "read")
    }
  }

  private enum CodingKeys: String, CodingKey { case position, row, grants }

  package init(from decoder: any Decoder) throws {
    column = try ColumnAnswer(from: decoder)
    let members = try decoder.container(keyedBy: CodingKeys.self)
    position = try members.decode(Int64.self, forKey: .position)
    row = try members.decode([String].self, forKey: .row)
    grants = try members.decode([Grant].self, forKey: .grants)
  }

  package func encode(to encoder: any Encoder) throws {
    try column.encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(position, forKey: .position)
    try members.encode(row, forKey: .row)
    try members.encode(grants, forKey: .grants)
  }

  package func text(_ language: Language) -> String {
    let isChinese = language == .zh
    var lines = [
      isChinese ? "栏目  \(column.site):\(column.path)" : "column  \(column.site):\(column.path)",
      isChinese ? "标识  \(column.id)" : "id  \(column.id)",
    ]
    func add(_ zh: String, _ en: String, _ value: String) {
      if !value.isEmpty { lines.append("\(isChinese ? zh : en)  \(value)") }
    }
    let modes = column.modes.map { SupplyMode(rawValue: $0)?.printed ?? $0 }
    add("类型", "type", column.type)
    add("保障方式", "modes", (isChinese ? modes : column.modes).joined(separator: "、"))
    add("更新", "update", column.update)
    add("责任单位", "units", column.units.joined(separator: "、"))
    add("来源", "source", column.source)
    add("链接", "url", column.url)
    add("信息", "items", String(column.items))
    for grant in grants {
      let contributes = grant.grant == "contribute"
      add(contributes ? "共建" : "共享", contributes ? "contributes" : "reads", grant.site)
    }
    return lines.map(TextTable.line).joined(separator: "\n")
  }
}

/// What a change of one column did.
package struct ColumnChange: Answer {
  package let id: String
  package let path: String
  /// `added`, `changed` or `unchanged`.
  package let result: String
  package let warnings: [Notice]

  package func text(_ language: Language) -> String {
    let words: [String: Words] = [
      "added": Words(zh: "已新增", en: "added"), "changed": Words(zh: "已修改", en: "changed"),
      "unchanged": Words(zh: "没有变化", en: "unchanged"),
    ]
    let line = "\(words[result]?[language] ?? result)  \(path)  \(id)"
    return ([line] + warnings.lines(language)).map(TextTable.line).joined(separator: "\n")
  }
}
