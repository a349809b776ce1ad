import Bytes
import Commands
import NodeCore
import Replication
import SiteGroup

/// `"…"`, every character but plain ASCII escaped: what JSON and JSON5 must read alike.
private func quoted(_ text: String) -> String {
  let units = text.utf16.map { unit in
    let digits = String(unit, radix: 16)
    return (0x23...0x5B).contains(unit) || (0x61...0x7A).contains(unit)
      ? String(UnicodeScalar(UInt8(unit)))
      : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
  return "\"\(units.joined())\""
}

private func written(_ value: JSONText) -> String {
  switch value {
  case .null: return "null"
  case .bool(let set): return set ? "true" : "false"
  case .number(let text): return text
  case .string(let text): return quoted(text)
  case .array(let elements): return "[ " + elements.map(written).joined(separator: " ,") + "]"
  case .object(let members):
    return "{" + members.map { quoted($0.name) + ":" + written($0.value) }.joined(separator: ", ")
      + " }"
  }
}

private func written(_ value: JSON5) -> String {
  switch value.value {
  case .null: return "null"
  case .bool(let set): return set ? "true" : "false"
  case .number(let number):
    return number.isFinite ? "\(number)" : number.isNaN ? "NaN" : number < 0 ? "-1e400" : "1e400"
  case .text(let text): return quoted(text)
  case .array(let elements): return "[" + elements.map(written).joined(separator: ",") + "]"
  case .object(let members):
    return "{" + members.map { quoted($0.key) + ":" + written($0.value) }.joined(separator: ",")
      + "}"
  }
}

/// Whether both parsers read the same values.
private func agree(_ json: JSONText, _ json5: JSON5) -> Bool {
  switch (json, json5.value) {
  case (.null, .null): return true
  case (.bool(let a), .bool(let b)): return a == b
  case (.number(let a), .number(let b)): return Double(a).map { $0 == b } ?? true
  case (.string(let a), .text(let b)): return a.utf8.elementsEqual(b.utf8)
  case (.array(let a), .array(let b)): return a.elementsEqual(b, by: agree)
  case (.object(let a), .object(let b)):
    return a.elementsEqual(b) { $0.name.utf8.elementsEqual($1.key.utf8) && agree($0.value, $1.value) }
  default: return false
  }
}

private let now: Int64 = 1_700_000_000_000

extension FuzzTarget {
  /// Lines of an import of items.
  static let line = FuzzTarget(
    name: "line",
    seeds: {
      [
        #"{"external_id":"a1","column":"政务资讯/要闻","title":"标题","body":"<p>x</p>","#
          + #""published_at":"2024-05-20T09:00:00+08:00","state":"published"}"#,
        #"{"external_id":7,"columns":["a","b/c"],"attachments":null,"coedited":true,"x":[{}]}"#,
        #"{"external_id":"\ud834\udd1e\n","state":"withdrawn","published_at":"2024-05-20"}"#,
        "[1.5e-3,-0,true,false,null,\"\\u0041\"]",
      ].map { Array($0.utf8) }
    },
    words: ItemLine.names.map { "\"\($0)\":" } + [
      "\\ud834", "\\udd1e", "\\u0000", "null", "true", "1e999", "2024-02-29T23:59:60.5-03:30",
      "0001-01-01", "9999-12-31T23:59", "\"withdrawn\"",
    ],
    run: { octets in
      let isText = UTF8Text.firstInvalid(in: octets, 0..<octets.count) == nil
      if isText, let value = try? JSONText(octets) {
        let text = written(value)
        claim((try? JSONText(Array(text.utf8))) == value, "JSON that is written again is the same")
        if let other = try? JSON5(text) {
          claim(agree(value, other), "JSON and JSON5 read the same")
        } else {
          claim(text.contains("1") || text.contains("e"), "JSON5 takes all of JSON")
        }
      }
      for offset in [0, 480, -210] {
        guard let line = try? ItemLine(octets, offsetMinutes: offset) else { continue }
        claim(!line.externalID.isEmpty, "a line names its item")
        claim(
          (try? ItemLine([0x20] + octets + [0x0D], offsetMinutes: offset)) == line,
          "space around a line says nothing")
        claim(isText, "a line is UTF-8")
        for time in line.changes.times.values.compactMap({ $0 }) {
          let text = Timestamp.format(time, offsetMinutes: offset)
          claim(
            Timestamp.parse(text, offsetMinutes: 0) == time || !(0...253_402_300_799_999 ~= time),
            "a time that is shown reads the same")
        }
        _ = try? ItemChecks.check(line.changes)
        _ = try? ItemChecks.check(externalID: line.externalID)
      }
    })

  /// Configuration files, and the schedules in them.
  static let configuration = FuzzTarget(
    name: "configuration",
    seeds: {
      [
        "// a node\n{listen: '127.0.0.1:0', upstream: null, schedule: \"15m\", jitter: '30s',\n"
          + " watch: true, time_zone: '-03:30', repost: 'manual', blob_bytes_per_second: 1e6,}",
        "{schedule: \"*/15 8-18 * jan-mar mon,wed-fri/2\", /* */ 'a\\x41\\\n': [+.5, 0x1F,],}",
        "{schedule: '30 2 29 2 *', upstream: \"http://a:1/b\", jitter: '1d'}",
      ].map { Array($0.utf8) }
    },
    words: [
      "schedule", "jitter", "listen", "upstream", "watch", "time_zone", "repost",
      "blob_bytes_per_second", "*/", "/*", "//", "\u{2028}", "\\u{", "\\x41", "Infinity", "-NaN",
      "0x7fffffffffffffff", "1e400", "* * * * *", "999999999d", "31 2", "0 0 31 4 *",
    ],
    run: { octets in
      let text = String(decoding: octets, as: UTF8.self)
      if let value = try? JSON5(text) {
        if let again = try? JSON5(written(value)) {
          claim(written(again) == written(value), "JSON5 that is written again is the same")
        } else {
          claim(false, "JSON5 that is written again is JSON5")
        }
      }
      if let schedule = try? SyncSchedule(text) { checkSchedule(schedule) }
      guard let configuration = try? Configuration(text, path: "p", language: .zh) else { return }
      claim(abs(configuration.timeZoneMinutes) <= 14 * 60, "a time zone is one of the world's")
      claim((0...86_400_000).contains(configuration.jitterMilliseconds), "a jitter is bounded")
      checkSchedule(configuration.schedule)
    })

  /// Catalogues of columns and lists of sites.
  static let table = FuzzTarget(
    name: "table",
    seeds: {
      let columns = CatalogueFile.header.joined(separator: "\t")
      let sites = SitesFile.header.joined(separator: "\t")
      return [
        columns + "\n政务资讯\t要闻\t\t平台调用、报送\t实时\t各县(市、区)政府、市直各单位\t规则\n",
        "\u{FEFF}" + columns + "\r\n a\tb\tc\t链接\t\t\r\n\r\n\u{3000}d\te\t\t共建\t每周\t、（、\t\r\n",
        sites + "\n360423\tcounty\t武宁县人民政府\twn\thttp://a\n360400\tcentral\t中心\n",
      ].map { Array($0.utf8) }
    },
    words: [
      "\t", "\r\n", "、", "(", "）", "\u{3000}", "\u{A0}", "**", "平台调用", "报送", "链接", "共建",
      "共享", "county", "department", "level1",
    ],
    run: { octets in
      let text = String(decoding: octets, as: UTF8.self)
      checkCatalogue(text)
      checkSites(text)
      if let path = ColumnPath(text) {
        claim(
          ColumnPath(path.text)?.text.utf8.elementsEqual(text.utf8) == true,
          "a path that is shown reads the same")
      }
      let parts = PrintedText.parts(of: text)
      claim(
        parts.allSatisfy { PrintedText.trimmed($0).utf8.elementsEqual($0.utf8) && !$0.isEmpty },
        "parts are trimmed and not empty")
    })
}

private func checkSchedule(_ schedule: SyncSchedule) {
  for offset in [0, 480, -14 * 60] {
    var time = now
    for _ in 0..<3 {
      guard let next = schedule.next(after: time, offsetMinutes: offset) else { break }
      claim(next > time, "the next time is later")
      time = next
    }
    let plan = SyncPlan(schedule: schedule, jitterMilliseconds: 30_000, offsetMinutes: offset)
    for failures in [1, 2, 40, Int64.max] {
      let retry = plan.retry(
        after: now, failures: failures, askedMilliseconds: .max, chance: 0.99)
      claim(retry >= now, "a retry is not in the past")
    }
  }
}

/// The rows as a file again: cells between tabs.
private func file(_ header: [String], _ rows: [[String]]) -> String {
  ([header] + rows).map { $0.joined(separator: "\t") }.joined(separator: "\r\n")
}

private func checkCatalogue(_ text: String) {
  let catalogue: CatalogueFile
  do throws(RowFaults) {
    catalogue = try CatalogueFile(text)
  } catch {
    return claim(
      !error.faults.isEmpty && zip(error.faults, error.faults.dropFirst()).allSatisfy { $0.line <= $1.line },
      "a refusal names its lines in order")
  }
  let again = try? CatalogueFile(file(CatalogueFile.header, catalogue.rows.map(\.cells)))
  claim(
    again?.rows.elementsEqual(catalogue.rows) {
      $0.path.text.utf8.elementsEqual($1.path.text.utf8) && $0.modes == $1.modes
        && $0.units.elementsEqual($1.units) { $0.utf8.elementsEqual($1.utf8) }
    } == true, "a catalogue that is written again is the same")
  claim(
    Set(catalogue.rows.map { Array($0.path.text.utf8) }).count == catalogue.rows.count,
    "no path stands twice")
}

private func checkSites(_ text: String) {
  guard let sites = try? SitesFile(text) else { return }
  let rows = sites.rows.map { [$0.code.text, $0.kind.rawValue, $0.name] }
  let again = try? SitesFile(file(SitesFile.header, rows))
  claim(
    again?.rows.elementsEqual(sites.rows) { $0.code == $1.code && $0.kind == $1.kind } == true,
    "a list of sites that is written again is the same")
  claim(Set(sites.rows.map(\.code)).count == sites.rows.count, "no site stands twice")
}
