/// One node of the group that is tortured.
struct Site: Sendable {
  let code: String
  let name: String
  let kind: String
  /// Nil at the root.
  let parent: String?
  let columns: [String]

  var isRoot: Bool { parent == nil }

  static let news = "要闻"
  static let notices = "通知"
  static let offers = "报送"
  static let newsBelow = "县区传真"
  static let noticesBelow = "公告汇总"

  /// Three tiers, parents first.
  static let all = [
    Site(
      code: "360000", name: "省", kind: "central", parent: nil,
      columns: [news, notices, newsBelow, noticesBelow]),
    Site(
      code: "360400", name: "市", kind: "central", parent: "360000",
      columns: [news, notices, offers, newsBelow, noticesBelow]),
    Site(
      code: "360423", name: "甲县", kind: "county", parent: "360400", columns: [news, notices]),
    Site(
      code: "360424", name: "乙县", kind: "county", parent: "360400", columns: [news, notices]),
  ]

  /// The sites below, near and far.
  var below: [Site] {
    let children = Site.all.filter { $0.parent == code }
    return children + children.flatMap(\.below)
  }
}
