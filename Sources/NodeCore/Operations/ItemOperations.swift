import Library
import Replication
import SiteGroup
import Storage

extension OperationTable {
  static let items: [any Operation.Type] = [
    ItemAdd.self, ItemEdit.self, ItemPublish.self, ItemWithdraw.self, ItemReissue.self,
    ItemArchive.self, ItemHold.self, ItemRelease.self, ItemList.self, ItemShow.self,
    ItemPurge.self, ItemImport.self, ItemHistory.self, ItemTrace.self,
  ]
}

/// What a change of one item did.
package struct ItemChange: Answer {
  package let id: String
  /// The item's state after it, as `item show` says.
  package let state: String
  package let changed: Bool
  package let warnings: [Notice]
  /// With `--wait`: which neighbours hold this state already.
  package var sites: [SiteCopy]?

  init(
    _ key: RecordKey, state: String, changed: Bool, warnings: [Notice] = [],
    sites: [SiteCopy]? = nil
  ) {
    id = key.id.description
    self.state = state
    self.changed = changed
    self.warnings = warnings
    self.sites = sites
  }

  package func text(_ language: Language) -> String {
    let state = ItemWords.state(state)[language]
    let words =
      changed
      ? Words(zh: "已完成：信息 \(id) \(state)", en: "done: the item \(id) is \(state)")
      : Words(zh: "没有变化：信息 \(id) \(state)", en: "unchanged: the item \(id) is \(state)")
    var lines = [words[language]] + warnings.lines(language)
    if let sites { lines.append(SiteCopy.table(sites, language)) }
    return lines.joined(separator: "\n")
  }
}

/// Names of states for people.
enum ItemWords {
  static func state(_ name: String) -> Words {
    switch name {
    case "draft": Words(zh: "草稿", en: "draft")
    case "published": Words(zh: "已发布", en: "published")
    case "archived": Words(zh: "已归档", en: "archived")
    case "withdrawn": Words(zh: "已撤稿", en: "withdrawn")
    case "purged": Words(zh: "已清除", en: "purged")
    default: Words(zh: name, en: name)
    }
  }

  /// `draft` where its origin has not published it.
  static func state(of item: ItemRecord?) -> String {
    guard let item else { return "draft" }
    return item.record.isPurged ? "purged" : item.state?.name ?? "draft"
  }
}

extension Parameter {
  static let item = Parameter.positional("item", "ITEM", zh: "信息的标识", en: "the item's id")
  static let wait = Parameter.flag(
    "wait", zh: "显示各相邻站点是否已收到", en: "shows which neighbours have it")
  static let reason = Parameter.option("reason", "R", zh: "理由", en: "why")
}
