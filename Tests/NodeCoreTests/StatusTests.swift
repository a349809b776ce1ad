import Bytes
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

@Suite struct `Status and what is set aside` {
  let centre: GroupNode
  let child: SiteCode

  init() throws {
    centre = try GroupNode("360400")
    child = try #require(SiteCode("360423"))
    let (node, child) = (centre.node, child)
    _ = try node.store.write {
      try node.admit(child, as: NodeProfile(name: "武宁县", kind: .county), in: $0)
    }
  }

  @Test func `status counts, and tells how far each child is behind`() throws {
    try centre.run("column", "add", "文件")
    try centre.receive(GroupNode.item("360423", "a", in: ["x": true]), from: "360423")
    let status = try centre.run("status")
    #expect(status["site"]["code"] == "360400")
    #expect(status["upstream"].isMissing)
    #expect(status["counts"]["columns"] == 1)
    #expect(status["counts"]["items"] == 1)
    #expect(status["pending"] == 0)
    let county = status["sites"][0]
    #expect(county["code"] == "360423")
    #expect(county["state"] == "enrolled")
    #expect(try #require(county["behind"].int) > 0)
  }

  @Test func `an aside is listed, shown and tried again`() throws {
    let key = RecordKey.column(centre.node.site, path: "文件")
    try centre.run("column", "add", "文件")
    try centre.node.store.write { transaction in
      let link = try #require(try transaction.link(to: child))
      let digest = DigestAlgorithm.sha256.digest([1])
      for (side, direction) in [(Aside.Side.mine, Aside.Direction.pull), (.mine, .push)] {
        try transaction.setAside(
          link.id,
          Aside(
            side: side, direction: direction, key: key, digest: digest, reason: "forbidden",
            detail: "x", at: transaction.now))
      }
      try transaction.setAside(
        link.id,
        Aside(
          side: .peer, direction: .pull, key: key, digest: digest, reason: "clock", detail: "",
          at: transaction.now))
    }
    #expect(try centre.run("status")["set_aside"] == 3)
    let asides = try centre.run("set-aside", "list")["asides"]
    #expect(asides.count == 3)
    #expect(asides[0]["kind"] == "column")
    let id = try #require(asides.list.first { $0["direction"] == "push" })["id"].string
    #expect(
      try centre.run("set-aside", "show", String(id.prefix(8)))["aside"]["reason"] == "forbidden")
    #expect(try centre.run("set-aside", "retry", id)["retried"] == 1)
    let all = try centre.run("set-aside", "retry")
    #expect(all["retried"] == 1)
    #expect(all["skipped"] == 1)
    #expect(try centre.run("set-aside", "list")["asides"].count == 1)
    #expect(try centre.refusal("set-aside", "show", "zzzz").reason == .unknownID)
    let wants = try centre.node.store.read { snapshot in
      try snapshot.link(to: child).map { try snapshot.wants($0.id) }
    }
    #expect(wants == [key])
  }
}
