import FoundationEssentials
import Simulation

/// Makes the group before any fault: nodes, columns, enrolment, a first session.
struct Preparation {
  let bench: Bench
  let keepers: [NodeKeeper]
  let proxies: [String: Proxy]

  /// What went wrong; nil where all stands.
  func prepare() -> String? {
    for keeper in keepers {
      let site = keeper.site
      var words = ["init", "--code", site.code, "--name", site.name, "--kind", site.kind]
      if let proxy = proxies[site.code] {
        words += ["--upstream", "http://127.0.0.1:\(proxy.port)"]
      }
      guard run(site, words) != nil, configure(keeper) else { return "init of \(site.code)" }
      for column in site.columns where run(site, ["column", "add", column]) == nil {
        return "columns of \(site.code)"
      }
      guard keeper.start(.right) else { return "the first start of \(site.code)" }
    }
    Moment.pause(1.2)
    for site in Site.all {
      guard let parent = Site.all.first(where: { $0.code == site.parent }) else { continue }
      guard let octets = run(parent, ["site", "token", site.code]),
        let answer = try? JSONDecoder().decode(Token.self, from: Data(octets)),
        run(site, ["enrol", "--token", answer.token]) != nil
      else { return "enrolment of \(site.code)" }
    }
    for site in Site.all.reversed() + Site.all where !site.isRoot {
      if run(site, ["sync"]) == nil { return "the first session of \(site.code)" }
    }
    return nil
  }

  private struct Token: Decodable {
    let token: String
  }

  /// Sessions often, and no long pauses after failures.
  private func configure(_ keeper: NodeKeeper) -> Bool {
    let upstream = proxies[keeper.site.code].map { #"upstream: "http://127.0.0.1:\#($0.port)","# }
    let text = "{ \(upstream ?? "") schedule: \"3s\", jitter: \"1s\" }\n"
    let path = "\(keeper.directory)/sitegroup.json5"
    return FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
  }

  private func run(_ site: Site, _ words: [String]) -> [UInt8]? {
    var client = Client(site: site, bench: bench, name: "setup", dice: Dice(seed: 0))
    guard case .done(let octets) = client.call(words, killsWithin: nil) else { return nil }
    return octets
  }
}
