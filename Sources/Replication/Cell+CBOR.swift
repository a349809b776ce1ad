import Bytes

extension Cell {
  package init(_ reader: inout CBORReader) throws(Malformed) {
    let start = reader.offset
    let count = try reader.array()
    let join = CellJoin(rawValue: try reader.unsigned())
    switch (join, count) {
    case (.latest, 4):
      let stamp = try reader.stamp()
      self = .latest(CellVersion(stamp: stamp, value: try reader.item()))
    case (.rung, 5):
      let rung = Rung(epoch: try reader.unsigned(), rung: try reader.unsigned())
      self = .rung(rung, try reader.stamp())
    case (.coedited, 3):
      let versions = try reader.versions()
      let seen = try reader.seen()
      // The join is associative only among cells that have seen what they hold.
      guard versions.allSatisfy({ $0.stamp.time <= seen[$0.stamp.author, default: -1] }) else {
        throw Malformed("a co-edited cell holds what it has not seen", at: start)
      }
      self = .coedited(versions, seen: seen)
    case (_, 2) where join > .coedited:
      self = .other(join, try reader.versions())
    default:
      throw Malformed("not a cell", at: start)
    }
  }

  /// Passes over a cell with every check, and copies nothing of the usual ones. Its stamp, where it
  /// holds one version.
  static func pass(_ reader: inout CBORReader) throws(Malformed) -> Stamp? {
    var ahead = reader
    let head = try CellHead(&ahead)
    guard let stamp = head.stamp else {
      _ = try Cell(&reader)
      return nil
    }
    if head.join == .latest { _ = try ahead.skip() }
    reader = ahead
    return stamp
  }

  package func write(to writer: inout CBORWriter) {
    switch self {
    case .latest(let version):
      writer.array(4)
      writer.unsigned(join.rawValue)
      writer.stamp(version.stamp)
      writer.raw(version.value)
    case .rung(let rung, let stamp):
      writer.array(5)
      writer.unsigned(join.rawValue)
      writer.unsigned(rung.epoch)
      writer.unsigned(rung.rung)
      writer.stamp(stamp)
    case .coedited(let versions, let seen):
      writer.array(3)
      writer.unsigned(join.rawValue)
      writer.versions(versions)
      writer.array(seen.count)
      for (author, time) in seen.sorted(by: { $0.key < $1.key }) {
        writer.array(2)
        writer.text(author.text)
        writer.integer(time)
      }
    case .other(let join, let versions):
      writer.array(2)
      writer.unsigned(join.rawValue)
      writer.versions(versions)
    }
  }

  package var canonical: [UInt8] {
    var writer = CBORWriter()
    write(to: &writer)
    return writer.bytes
  }
}

/// What stands before the value of a latest cell, and all of a rung: who wrote it, and when.
struct CellHead {
  let join: CellJoin
  /// Nil where the cell holds a list of versions.
  let stamp: Stamp?
  let rung: Rung?

  var isSingle: Bool { stamp != nil }

  init(_ reader: inout CBORReader) throws(Malformed) {
    let count = try reader.array()
    join = CellJoin(rawValue: try reader.unsigned())
    switch (join, count) {
    case (.latest, 4):
      (stamp, rung) = (try reader.stamp(), nil)
    case (.rung, 5):
      rung = Rung(epoch: try reader.unsigned(), rung: try reader.unsigned())
      stamp = try reader.stamp()
    default:
      (stamp, rung) = (nil, nil)
    }
  }
}

extension CBORReader {
  /// One canonical item, as its octets.
  package mutating func item() throws(Malformed) -> [UInt8] {
    Array(bytes[try skip()])
  }

  fileprivate mutating func versions() throws(Malformed) -> [CellVersion] {
    let start = offset
    let count = try array()
    guard (1...RecordLimits.versionsMax).contains(count) else {
      throw Malformed("a cell holds 1–\(RecordLimits.versionsMax) versions", at: start)
    }
    var versions: [CellVersion] = []
    for _ in 0..<count {
      guard try array() == 3 else { throw Malformed("a version has three parts", at: start) }
      let stamp = try self.stamp()
      let version = CellVersion(stamp: stamp, value: try item())
      if let last = versions.last, !(last < version) {
        throw Malformed("versions are not sorted", at: start)
      }
      versions.append(version)
    }
    return versions
  }

  fileprivate mutating func seen() throws(Malformed) -> [SiteCode: Int64] {
    let start = offset
    let count = try array()
    guard count <= RecordLimits.versionsMax else { throw Malformed("too many stamps", at: start) }
    var seen: [SiteCode: Int64] = [:]
    var last: SiteCode?
    for _ in 0..<count {
      guard try array() == 2 else { throw Malformed("a stamp seen has two parts", at: start) }
      let author = try siteCode()
      if let last, !(last < author) { throw Malformed("stamps seen are not sorted", at: start) }
      seen[author] = try time()
      last = author
    }
    return seen
  }
}

extension CBORWriter {
  fileprivate mutating func versions(_ versions: [CellVersion]) {
    array(versions.count)
    for version in versions {
      array(3)
      stamp(version.stamp)
      raw(version.value)
    }
  }
}
