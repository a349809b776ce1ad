import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct `Mappings` {
  let centre: GroupNode

  init() throws {
    centre = try GroupNode("360400")
    try centre.run("column", "add", "要闻/县区")
    try centre.run("column", "add", "要闻/头条")
  }

  private func county(_ code: String = "360423") throws {
    try centre.register(code, kind: .county)
    try centre.receive(GroupNode.column(code, "动态/要闻"), from: code)
  }

  @Test func `an item of a source column stands in the target until it leaves the source`() throws {
    try county()
    let added = try centre.run("map", "add", "--from", "county:动态/**", "--to", "要闻/县区")
    #expect(added["result"] == "added")
    #expect(added["warnings"].count == 0)
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    try centre.receive(GroupNode.item("360423", "b", in: [:]), from: "360423")
    #expect(try centre.standing("要闻/县区") == ["a"])
    #expect(try centre.run("map", "list")["rules"][0]["items"] == 1)
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": false]), from: "360423")
    #expect(try centre.standing("要闻/县区") == [])
    let again = try centre.run("map", "add", "--from", "county:动态/**", "--to", "要闻/县区")
    #expect(again["result"] == "unchanged")
  }

  @Test func `without existing only what is placed afterwards is taken`() throws {
    try county()
    try centre.receive(GroupNode.item("360423", "old", in: ["动态/要闻": true]), from: "360423")
    centre.advance(minutes: 1)
    try centre.run("map", "add", "--from", "360423:动态/要闻", "--to", "要闻/县区")
    try centre.receive(GroupNode.item("360423", "new", in: ["动态/要闻": true]), from: "360423")
    #expect(try centre.standing("要闻/县区") == ["new"])
    let changed = try centre.run(
      "map", "add", "--from", "360423:动态/要闻", "--to", "要闻/县区", "--existing")
    #expect(changed["result"] == "changed")
    #expect(try centre.standing("要闻/县区") == ["new", "old"])
  }

  @Test func `a rule may come before its source column, its site and its items`() throws {
    let added = try centre.run(
      "map", "add", "--from", "360423:动态/要闻", "--to", "要闻/县区", "--existing")
    #expect(added["warnings"].count == 1)
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    #expect(try centre.standing("要闻/县区") == [])
    try centre.receive(GroupNode.column("360423", "动态/要闻"), from: "360423")
    #expect(try centre.standing("要闻/县区") == ["a"])
    try centre.run("map", "add", "--from", "county:动态/要闻", "--to", "要闻/头条", "--existing")
    #expect(try centre.standing("要闻/头条") == [])
    try centre.register("360423", kind: .county)
    #expect(try centre.standing("要闻/头条") == ["a"])
  }

  @Test func `renaming the one source column breaks nothing, leaving a subtree does`() throws {
    try county()
    try centre.run("map", "add", "--from", "360423:动态/要闻", "--to", "要闻/县区", "--existing")
    try centre.run("map", "add", "--from", "360423:动态/**", "--to", "要闻/头条", "--existing")
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    try centre.receive(GroupNode.column("360423", "动态/要闻", now: "新闻/要闻"), from: "360423")
    #expect(try centre.standing("要闻/县区") == ["a"])
    #expect(try centre.standing("要闻/头条") == [])
  }

  @Test func `filters follow the edits of an item`() throws {
    try county()
    try centre.run(
      "map", "add", "--from", "county:**", "--to", "要闻/县区", "--existing", "--keyword", "会议")
    try centre.run(
      "map", "add", "--from", "county:**", "--to", "要闻/头条", "--existing", "--label", "重要")
    func send(_ title: String, _ labels: [String]) throws {
      try centre.receive(
        GroupNode.item("360423", "a", title: title, in: ["动态/要闻": true], labels: labels),
        from: "360423")
    }
    try send("通知", [])
    #expect(try centre.standing("要闻/县区") == [])
    try send("会议通知", ["重要"])
    #expect(try centre.standing("要闻/县区") == ["会议通知"])
    #expect(try centre.standing("要闻/头条") == ["会议通知"])
    try send("通知", ["重要"])
    #expect(try centre.standing("要闻/县区") == [])
    #expect(try centre.standing("要闻/头条") == ["通知"])
  }

  @Test func `two mappings that meet place an item once, cycles keep nothing up`() throws {
    try county()
    try centre.run("column", "add", "c")
    for (from, to) in [
      ("county:动态/**", "要闻/县区"), ("county:动态/**", "要闻/头条"), ("360400:要闻/县区", "c"),
      ("360400:要闻/头条", "c"), ("360400:c", "要闻/县区"), ("360400:c", "要闻/头条"),
    ] {
      try centre.run("map", "add", "--from", from, "--to", to, "--existing")
    }
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    for path in ["要闻/县区", "要闻/头条", "c"] { #expect(try centre.standing(path) == ["a"]) }
    try expectSimplePaths()
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": false]), from: "360423")
    for path in ["要闻/县区", "要闻/头条", "c"] { #expect(try centre.standing(path) == []) }
  }

  @Test(
    arguments: [("--unplace", []), ("--keep", ["a"]), ("--archive", [])] as [(String, [String])])
  func `when a rule goes its owner chooses what becomes of the items`(
    _ option: String, _ left: [String]
  ) throws {
    try county()
    let rule = try centre.run("map", "add", "--from", "county:**", "--to", "要闻/县区")["id"].string
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    let lost = try centre.run("map", "preview", rule)["lost"]
    #expect(lost[0]["title"] == "a")
    #expect(try centre.run("map", "remove", String(rule.prefix(6)), option)["items"] == 1)
    #expect(try centre.standing("要闻/县区") == left)
    #expect(try centre.run("map", "list")["rules"].count == 0)
    #expect(try centre.run("map", "show", rule)["live"] == false)
    #expect(try centre.run("map", "remove", rule)["result"] == "unchanged")
  }

  @Test func `a preview tells gains with their path, and changes nothing`() throws {
    try county()
    try centre.receive(GroupNode.item("360423", "a", in: ["动态/要闻": true]), from: "360423")
    let preview = try centre.run(
      "map", "preview", "--from", "county:**", "--to", "要闻/县区", "--existing")
    #expect(preview["gained"].count == 1)
    #expect(preview["gained"][0]["reason"] == "360423:动态/要闻")
    #expect(try centre.standing("要闻/县区") == [])
    #expect(try centre.run("map", "list")["rules"].count == 0)
    #expect(
      try centre.run("map", "add", "--from", "county:**", "--to", "要闻/县区")["result"] == "added")
  }

  @Test func `a rule needs a source, and a target column of this site`() throws {
    try county()
    #expect(
      try centre.refusal("map", "add", "--from", "county", "--to", "要闻/县区").reason == .badValue)
    #expect(
      try centre.refusal("map", "add", "--from", "county:a", "--to", "要闻").reason == .unknownColumn)
    #expect(
      try centre.refusal("map", "add", "--from", "all:a", "--to", "360423:动态/要闻").reason
        == .notOwner)
    #expect(
      try centre.refusal("map", "add", "--from", "360400:要闻/县区", "--to", "要闻/县区").reason
        == .badValue)
    #expect(try centre.refusal("map", "preview").reason == .missingArgument)
    #expect(try centre.refusal("map", "remove", "aaaa").reason == .unknownID)
  }

  /// What stands where is what can be reached from the origin's columns, however it came about.
  @Test(arguments: 0..<12)
  func `after any changes an item stands exactly where rules lead it`(_ seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let paths = ["p", "q", "r", "s", "t"]
    for path in paths { try centre.run("column", "add", path) }
    var (rules, placed, hidden): (Set<String>, Set<String>, Set<String>) = ([], [], [])
    for _ in 0..<40 {
      let (a, b) = (paths[dice.roll(5)], paths[dice.roll(5)])
      switch dice.roll(6) {
      case 0, 1, 2:
        if a == b { continue }
        let source = "360400:\(a)"
        if rules.remove(a + b) == nil {
          rules.insert(a + b)
          try centre.run("map", "add", "--from", source, "--to", b, "--existing")
        } else {
          let live = try centre.run("map", "list")["rules"].list
          let rule = live.first { $0["from"].string == source && $0["path"].string == b }
          try centre.run("map", "remove", try #require(rule)["id"].string)
        }
      case 3, 4:
        if placed.remove(a) == nil { placed.insert(a) }
        try centre.receive(
          GroupNode.item("360400", "i", in: [a: placed.contains(a)]), from: "360400")
      default:
        if hidden.remove(a) == nil { hidden.insert(a) }
        try hide(a, hidden.contains(a))
      }
      try expectSimplePaths()
      var reached = placed
      var isGrowing = true
      while isGrowing {
        isGrowing = false
        for rule in rules {
          let (from, to) = (String(rule.prefix(1)), String(rule.suffix(1)))
          if reached.contains(from), !hidden.contains(from), reached.insert(to).inserted {
            isGrowing = true
          }
        }
      }
      for path in paths {
        let stands = try !centre.standing(path).isEmpty
        #expect(
          stands == (reached.contains(path) && !hidden.contains(path)), "seed \(seed) \(path)")
      }
    }
  }

  /// No cause leads through its own column, nor through any column twice.
  private func expectSimplePaths() throws {
    try centre.node.store.read { snapshot in
      try snapshot.records(of: .placement) { stored in
        let placement = PlacementRecord(stored.record)
        for cause in placement.causes {
          let columns = (placement.path(of: cause) ?? []) + [placement.column].compactMap { $0 }
          #expect(Set(columns).count == columns.count)
        }
      }
    }
  }

  @Test func `a kind of sites is that of the rule's own group, not of another city`() throws {
    let city = try GroupNode("360400")
    try city.register("360400", kind: .central, under: "360000")
    try city.register("360500", kind: .central, under: "360000")
    try city.register("360000", kind: .central, under: "360000")
    for (county, above) in [("360423", "360400"), ("360521", "360500")] {
      try city.register(county, kind: .county, under: above)
      try city.receive(GroupNode.column(county, "动态/要闻"), from: county)
      try city.receive(GroupNode.item(county, county, in: ["动态/要闻": true]), from: county)
    }
    try city.receive(GroupNode.column("360000", "动态/要闻"), from: "360000")
    try city.receive(GroupNode.item("360000", "up", in: ["动态/要闻": true]), from: "360000")
    for (number, source) in ["county", "all", "central", "360521"].enumerated() {
      try city.run("column", "add", "甲\(number)")
      try city.run("map", "add", "--from", "\(source):动态/要闻", "--to", "甲\(number)", "--existing")
    }
    #expect(try city.standing("甲0") == ["360423"])
    #expect(try city.standing("甲1") == ["360423", "up"])
    #expect(try city.standing("甲2") == ["up"])
    #expect(try city.standing("甲3") == ["360521"])
  }

  private func hide(_ path: String, _ isHidden: Bool) throws {
    let item = RecordKey.item(centre.node.site, externalID: "i")
    let column = RecordKey.column(centre.node.site, path: path)
    var edit = RecordEdit(.placement(of: item, in: column))
    edit.set(PlacementRecord.Cell.column, column)
    edit.set(PlacementRecord.Cell.item, item)
    edit.set(PlacementRecord.Cell.hide, isHidden)
    _ = try centre.node.store.write { try $0.write(edit) }
  }
}

/// The same throws for the same seed.
struct Dice {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

  mutating func roll(_ sides: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(sides))
  }
}
