import Bytes
import Foundation
import Replication
import SQLite
import Storage

/// A store's file in a directory of its own, removed with it.
final class TemporaryStore {
  let directory: URL
  /// Asked before each statement.
  var fault: (() -> Int32?)?
  static let now: Int64 = 1_700_000_000_000

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  var path: String { directory.appending(path: "node.db").path }

  func open(
    creating isNew: Bool = false, followers: [any Follower] = [],
    begin: StorePorts.Beginning? = nil
  ) throws -> Store {
    let counter = Lock(UInt8(0))
    let ports = StorePorts(
      now: { Self.now },
      random: { count in
        let value = counter.withLock { number -> UInt8 in
          number &+= 1
          return number
        }
        return Array(repeating: value, count: count)
      }, begin: begin)
    let identity = SiteCode("360423").map { StoreIdentity(site: $0, algorithm: .sha256) }
    let store = try Store(
      path: path, creating: isNew ? identity : nil, ports: ports, isDurable: false,
      fault: { [unowned self] in fault?() })
    try store.attach(followers)
    return store
  }
}

/// Titles by key: a table of its own, and a count in memory.
final class TitleFollower: Follower {
  let name = "titles"
  let version: Int
  private(set) var count = 0
  private(set) var resets = 0

  init(version: Int = 1) { self.version = version }

  func reset(in transaction: Transaction) throws {
    resets += 1
    try transaction.connection.script(
      """
      DROP TABLE IF EXISTS titles;
      CREATE TABLE titles(record INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;
      """)
  }

  func load(from snapshot: Snapshot) throws {
    count = try snapshot.connection.first("SELECT count(*) FROM titles") { Int($0.integer(0)) } ?? 0
  }

  func follow(_ changes: [Change], in transaction: Transaction) throws {
    for change in changes {
      if let title = change.after?.value("title", as: String.self) {
        try transaction.connection.run(
          "INSERT OR REPLACE INTO titles VALUES (?, ?)", [.integer(change.row), .text(title)])
      } else {
        try transaction.connection.run(
          "DELETE FROM titles WHERE record = ?", [.integer(change.row)])
      }
    }
    try load(from: transaction)
  }
}

extension RecordKey {
  static func sample(_ number: UInt8, owner: String = "360423") -> RecordKey? {
    guard let site = SiteCode(owner), let id = RecordID(Array(repeating: number, count: 12)) else {
      return nil
    }
    return RecordKey(owner: site, kind: RecordKind(rawValue: 4), id: id)
  }
}

extension Transaction {
  @discardableResult
  func write(_ key: RecordKey, title: String) throws -> Bool {
    var edit = RecordEdit(key)
    edit.set("title", title)
    return try write(edit)
  }
}

extension Store {
  /// Everything that lies in the tables, as text.
  func dump() throws -> String {
    try read { snapshot in
      let tables = try snapshot.connection.all(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
      ) { $0.text(0) }
      return try tables.map { table in
        let columns = try snapshot.connection.all(
          "SELECT name FROM pragma_table_info(?) ORDER BY cid", [.text(table)]
        ) { "quote(\"\($0.text(0))\")" }
        let rows = try snapshot.connection.all(
          "SELECT \(columns.joined(separator: "||','||")) FROM \"\(table)\" ORDER BY 1"
        ) { $0.text(0) }
        return table + "\n" + rows.joined(separator: "\n")
      }.joined(separator: "\n\n")
    }
  }
}
