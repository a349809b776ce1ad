/// Whether neighbours hold the same.
extension Audit {
  /// A record that both ends have is the same, octet for octet; the parent has all of the child's.
  mutating func checkLink(of site: Site) {
    guard let parent = Site.all.first(where: { $0.code == site.parent }) else { return }
    let (mine, theirs) = (records(of: site), records(of: parent))
    findings.recordsCount += mine.count
    for (key, digest) in mine.sorted(by: { $0.key < $1.key }) {
      if let other = theirs[key] {
        if other != digest {
          findings.apart.append("the record \(key) differs between \(site.code) and \(parent.code)")
        }
      } else {
        findings.apart.append("the record \(key) of \(site.code) is not at \(parent.code)")
      }
    }
  }

  private mutating func records(of site: Site) -> [String: String] {
    var records: [String: String] = [:]
    var fault: String?
    StoreCheck.rows(
      "SELECT hex(key), hex(digest) FROM records WHERE digest IS NOT NULL",
      in: "\(bench.directory(of: site))/node.db"
    ) { row in
      records[row[0]] = row[1]
    } onError: {
      fault = $0
    }
    if let fault { findings.apart.append("the records of \(site.code): \(fault)") }
    return records
  }

  /// Both ends of each link tell the same count and sum.
  mutating func checkFingerprints() throws {
    var ends: [String: [String]] = [:]
    for site in Site.all {
      let verdict = try reader(site).read(Answers.Verdict.self, "verify")
      if !verdict.ok { findings.apart.append("verify at \(site.code) finds fault: \(verdict)") }
      for link in verdict.links {
        let name = [site.code, link.site].sorted().joined(separator: "–")
        ends[name, default: []].append("\(link.count) \(link.fingerprint)")
      }
    }
    for (name, texts) in ends.sorted(by: { $0.key < $1.key })
    where texts.count != 2 || texts[0] != texts[1] {
      findings.apart.append("the link \(name): \(texts)")
    }
  }
}
