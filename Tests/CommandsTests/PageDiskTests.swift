import Bytes
import Foundation
import Glibc
import NodeCore
import Testing

/// A disk of its own for the pages, so small that it fills up.
private final class SmallDisk {
  let path: String

  /// Only the superuser may mount one.
  static var canMount: Bool {
    let place = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)"
    guard mkdir(place, 0o755) == 0 else { return false }
    defer { rmdir(place) }
    guard mount("tmpfs", place, "tmpfs", 0, "size=64k") == 0 else { return false }
    return umount(place) == 0
  }

  init(_ path: String, kilobytes: Int) throws {
    self.path = path
    try #require(mkdir(path, 0o755) == 0)
    try #require(mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k,mode=755") == 0)
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  func grow(kilobytes: Int) throws {
    try #require(
      mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(kilobytes)k") == 0)
  }
}

@Suite struct `Pages on a full disk` {
  private func pages(_ site: PageSite) throws -> [String] {
    let all = try #require(FileManager.default.enumerator(atPath: site.path("")))
    return all.compactMap { $0 as? String }.filter {
      $0.hasSuffix(".html") && !$0.hasPrefix(".sitegroup")
    }.sorted()
  }

  /// Pages whose own digest is not that of what stands before it.
  private func broken(_ site: PageSite) throws -> [String] {
    try pages(site).filter { path in
      let text = try site.text(path)
      guard let end = text.range(of: "<!-- sitegroup:", options: .backwards) else { return true }
      let digest = DigestAlgorithm.sha256.digest(Array(text[..<end.lowerBound].utf8))
      return text[end.lowerBound...] != "<!-- sitegroup:sha-256 \(digest) -->\n"
    }
  }

  @Test(.enabled(if: SmallDisk.canMount, "a small disk needs the right to mount one"))
  func `nothing half written is served, and the next round mends it`() throws {
    let site = try PageSite()
    let disk = try SmallDisk(site.path(""), kilobytes: 128)
    let body = String(repeating: "全文", count: 2000)
    for number in 0..<2 { _ = try site.add("小\(number)") }
    try site.publish()
    let served = try pages(site)
    for number in 0..<40 {
      site.run(
        "item", "add", "--column", "政务动态/县区要闻", "--title", "大\(number)", "--body",
        "<p>\(body)</p>", "--published-at", "2024-05-20T09:00:00+08:00", "--publish")
    }
    for (language, words) in [("zh", "磁盘已满"), ("en", "is full")] {
      let refused = site.shell.run("page", "publish", "--lang", language)
      #expect(refused.status == 4 && refused.error.contains(words), "\(refused.error)")
      #expect(try broken(site) == [])
    }
    // What was there is there, old or new; what is told of as published can be read.
    #expect(Set(try pages(site)).isSuperset(of: served))
    let (_, found) = try site.check()
    #expect(found.damaged.allSatisfy { $0.what != "forged" }, "\(found.damaged)")
    try disk.grow(kilobytes: 4096)
    try site.publish()
    let (status, whole) = try site.check()
    #expect(status == 0 && whole.ok, "\(whole.damaged)")
    #expect(try broken(site) == [])
    #expect(try pages(site).count >= 42)
  }
}
