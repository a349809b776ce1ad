import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// A city and a county, each on a simulated disk of its own, that speak the whole protocol. Both
/// can be killed, started again, and made anew from an image of an earlier moment.
final class DiskPair {
  static let city = "360400"
  static let county = "360423"
  static let codes = [city, county]

  /// What lies on the disks at one moment.
  struct Image {
    var files: [String: [String: [UInt8]]] = [:]
    var keys: [String: KeyFile] = [:]
    var time: Int64 = 1_700_000_000_000
    /// How often processes were started; each has random numbers of its own.
    var lives = 0
  }

  let directory: URL
  let wire = BlobWire()
  let clock: Lock<Int64>
  let disks = Dictionary(uniqueKeysWithValues: codes.map { ($0, SimulatedDisk()) })
  let blobFaults = Dictionary(uniqueKeysWithValues: codes.map { ($0, BlobFaults()) })
  /// Asked before each statement of a site's store.
  var statements: [String: StatementFault] = [:]
  private let vaults = Dictionary(uniqueKeysWithValues: codes.map { ($0, MemoryVault()) })
  private var nodes: [String: Node] = [:]
  private var lives: Int

  init(_ image: Image = Image()) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    clock = Lock(image.time)
    lives = image.lives
    for code in DiskPair.codes {
      for (name, octets) in image.files[code] ?? [:] {
        try #require(disks[code]).put(octets, as: "\(directory.path)/\(name)")
      }
      if let keys = image.keys[code] { try vaults[code]?.save(keys) }
    }
    if image.files.isEmpty { try found() } else { for code in DiskPair.codes { try start(code) } }
  }

  deinit {
    // The wire and the nodes know each other.
    wire.set { $0.endpoints = [:] }
    try? FileManager.default.removeItem(at: directory)
  }

  private func found() throws {
    for code in DiskPair.codes {
      try start(code, isNew: true)
      try node(code).begin(
        as: NodeProfile(name: code, kind: code == DiskPair.city ? .central : .county),
        isRoot: code == DiskPair.city)
    }
    let county = try #require(SiteCode(DiskPair.county))
    _ = try node(DiskPair.county).enrol(token: try node(DiskPair.city).issueToken(for: county).token)
    try sync()
  }

  var image: Image {
    get throws {
      var image = Image(time: clock.withLock { $0 }, lives: lives)
      for code in DiskPair.codes {
        try node(code).store.checkpoint()
        let disk = try disk(code)
        for name in disk.names {
          let octets = disk.octets(of: name)
          image.files[code, default: [:]][String(name.dropFirst(directory.path.count + 1))] = octets
        }
        image.keys[code] = try vaults[code]?.load()
      }
      return image
    }
  }

  func disk(_ code: String) throws -> SimulatedDisk { try #require(disks[code]) }
  func node(_ code: String) throws -> Node { try #require(nodes[code]) }
  func path(_ code: String) -> String { "\(directory.path)/\(code).db" }

  /// Starts the process of a site, anew where it has been killed.
  func start(_ code: String, isNew: Bool = false) throws {
    nodes[code] = nil
    lives += 1
    let site = try #require(SiteCode(code))
    let (clock, number, life) = (clock, Lock(UInt64(0)), lives)
    let ports = StorePorts(
      now: { clock.withLock { $0 } },
      random: { count in
        let value = number.withLock { number -> UInt64 in
          number += 1
          return number
        }
        let octets = DigestAlgorithm.sha256.digest(Array("\(code) \(life) \(value)".utf8)).bytes
        return Array(octets.prefix(count))
      })
    let store = try Store(
      path: path(code), creating: isNew ? StoreIdentity(site: site, algorithm: .sha256) : nil,
      ports: ports, vfs: try disk(code).vfs,
      fault: { [unowned self] in statements[code]?.next() })
    let files = BlobFiles { [blobFaults] call, _ in blobFaults[code]?.next(call) }
    let node = try Node(
      store: store,
      settings: NodeSettings(
        upstream: code == DiskPair.city ? nil : try BaseURL("http://\(DiskPair.city).test")),
      vault: try #require(vaults[code]), network: wire,
      blobs: DirectoryBlobStore(path: path(code) + ".blobs", of: store, files: files))
    nodes[code] = node
    clock.withLock { $0 += 2000 }
    wire.serve("\(code).test", node)
    clock.withLock { $0 += 2000 }
  }

  // MARK: commands

  @discardableResult
  func run(_ code: String, _ words: String...) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""), "\(words)")
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    let context = OperationContext(node: try node(code), operatorName: "test")
    return try DiskPair.answer(of: type, arguments, context)
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let bytes = AnswerJSON.encode(try type.init(arguments).run(in: context))
    return JSONAnswer(value: try JSONSerialization.jsonObject(with: Data(bytes)))
  }

  /// A session of the county; signatures of one second have nonces of their own.
  @discardableResult
  func sync() throws -> JSONAnswer {
    clock.withLock { $0 += 1000 }
    return try run(DiskPair.county, "sync")
  }

  func key(_ code: String, item name: String) throws -> RecordKey {
    .item(try #require(SiteCode(code)), externalID: name)
  }

  func write(_ code: String, _ edit: RecordEdit) throws {
    try node(code).store.write { try $0.write(edit) }
  }

  func retitle(_ code: String, _ name: String, _ title: String) throws {
    var edit = RecordEdit(try key(code, item: name))
    edit.set(ItemField.title.rawValue, title)
    try write(code, edit)
  }

  // MARK: what is there

  func holdings(_ code: String) throws -> [RecordKey: Digest] {
    try node(code).store.read { snapshot in
      var all: [RecordKey: Digest] = [:]
      try snapshot.records { all[$0.record.key] = $0.digest }
      return all
    }
  }

  /// What must hold at any moment: pages, records and sums are sound, and what one end takes for
  /// agreed with the other is there.
  func expectSound(_ note: String) throws {
    for code in DiskPair.codes {
      let connection = try Connection(
        path: path(code), mode: .existing, vfs: try disk(code).vfs)
      let faults = try connection.all("PRAGMA integrity_check") { $0.text(0) }
      #expect(faults == ["ok"], "\(note)")
      try node(code).store.read { snapshot in
        #expect(try snapshot.damages().isEmpty, "\(note)")
        for link in try snapshot.allLinks() {
          var sum = Fingerprint()
          try snapshot.stream(link.id, after: -1) { one in
            if let agreed = one.entry.agreed, !one.entry.hasLeft { sum.add(agreed) }
            return true
          }
          #expect(sum == link.fingerprint, "\(note): \(code) to \(link.peer)")
        }
      }
    }
    let (mine, theirs) = (try agreements(DiskPair.county), try agreements(DiskPair.city))
    let (here, there) = (try holdings(DiskPair.county), try holdings(DiskPair.city))
    for key in mine.keys { #expect(there[key] != nil, "\(note): the city lacks \(key)") }
    for key in theirs.keys { #expect(here[key] != nil, "\(note): the county lacks \(key)") }
  }

  /// What a site takes for agreed with its neighbour.
  private func agreements(_ code: String) throws -> [RecordKey: Digest] {
    try node(code).store.read { snapshot in
      var all: [RecordKey: Digest] = [:]
      for link in try snapshot.allLinks() {
        try snapshot.stream(link.id, after: -1) { one in
          if let agreed = one.entry.agreed, !one.entry.hasLeft { all[one.key] = agreed }
          return true
        }
      }
      return all
    }
  }
}

/// Makes a store's n-th statement from now fail, once or with all that follow it.
final class StatementFault {
  private var left: Int
  private let code: Int32
  private let isLasting: Bool
  private(set) var count = 0
  private(set) var strikes = 0

  init(number: Int, code: Int32, isLasting: Bool) {
    (left, self.code, self.isLasting) = (number, code, isLasting)
  }

  func next() -> Int32? {
    count += 1
    left -= 1
    guard isLasting ? left <= 0 : left == 0 else { return nil }
    strikes += 1
    return code
  }
}

/// Makes the n-th call to the files of a blob store fail, once or with all that follow it.
final class BlobFaults: Sendable {
  struct State {
    var call: FileCall?
    var number = 0
    var code: Int32 = 0
    var isLasting = false
    var counts: [FileCall: Int] = [:]
    var strikes = 0
  }

  let state = Lock(State())

  func arm(_ call: FileCall?, number: Int, code: Int32, isLasting: Bool) {
    state.withLock {
      $0 = State(call: call, number: number, code: code, isLasting: isLasting)
    }
  }

  func disarm() { state.withLock { $0 = State() } }

  var strikes: Int { state.withLock { $0.strikes } }
  func count(of call: FileCall) -> Int { state.withLock { $0.counts[call] ?? 0 } }

  func next(_ call: FileCall) -> Int32? {
    state.withLock { state in
      state.counts[call, default: 0] += 1
      let met =
        state.call.map { state.counts[$0] ?? 0 } ?? state.counts.values.reduce(0, +)
      guard state.number > 0, state.call == nil || state.call == call,
        state.isLasting ? met >= state.number : met == state.number
      else { return nil }
      state.strikes += 1
      return state.code
    }
  }
}
