import Bytes
import Foundation
import HTTPCore
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// Carries requests between nodes in this process; cuts the line at a place that a test chooses,
/// spoils answers, and counts the octets of blobs.
final class BlobWire: Network {
  private let state = Lock(State())

  struct State {
    var endpoints: [String: SyncEndpoint] = [:]
    /// Requests about blobs that still get through; nil for all.
    var blobsLeft: Int?
    /// Whether the request that is cut has arrived, and only its answer is lost.
    var losesAnswers = false
    var spoilsNext = false
    /// What something in front of the upstream answers to requests about blobs.
    var blobAnswer: HTTPResponse?
    var blobOctets = 0
    var blobRequests: [String] = []
    var pausedMilliseconds = 0
    var afterBlob: (@Sendable () -> Void)?
    /// What a line does with the octets of a request and its answer.
    var carries: (@Sendable (_ up: Int, _ down: Int) -> Void)?
  }

  final class Wire: Transport {
    let network: BlobWire
    let authority: String
    var octetsSent = 0
    var octetsReceived = 0

    init(_ network: BlobWire, _ authority: String) {
      (self.network, self.authority) = (network, authority)
    }

    func exchange(
      _ request: HTTPRequest, readMilliseconds: Int64?
    ) throws(TransportFault) -> HTTPResponse {
      octetsSent += request.serialized().count
      guard let response = network.answer(request, authority) else { throw .unreachable("cut") }
      octetsReceived += response.serialized().count
      network.get { $0.carries }?(request.serialized().count, response.serialized().count)
      return response
    }
  }

  func serve(_ authority: String, _ node: Node) {
    let endpoint = SyncEndpoint(node)
    state.withLock { $0.endpoints[authority] = endpoint }
  }

  func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  func get<T>(_ body: (State) -> T) -> T { state.withLock { body($0) } }

  private func answer(_ request: HTTPRequest, _ authority: String) -> HTTPResponse? {
    let isBlob = request.path.contains("/blobs/")
    let (endpoint, isCut, arrives) = state.withLock { state in
      if isBlob { state.blobRequests.append(request.method.name) }
      guard isBlob, let left = state.blobsLeft else {
        return (state.endpoints[authority], false, true)
      }
      state.blobsLeft = left - 1
      return (state.endpoints[authority], left <= 0, left > 0 || state.losesAnswers)
    }
    if isBlob, let instead = get({ $0.blobAnswer }) { return instead }
    if isBlob { state.withLock { $0.blobOctets += request.body.count } }
    guard let endpoint, arrives,
      case .respond(var response) = endpoint.reply(
        to: request, path: request.path, mayHold: false)
    else { return nil }
    if isCut { return nil }
    if isBlob, response.status == 206 {
      state.withLock { state in
        state.blobOctets += response.body.count
        if state.spoilsNext { response.body[0] ^= 1 }
        state.spoilsNext = false
      }
    }
    if isBlob { state.withLock { $0.afterBlob }?() }
    return response
  }

  func transport(to url: BaseURL) throws(TransportFault) -> any Transport {
    Wire(self, url.authority)
  }

  func pause(milliseconds: Int) { state.withLock { $0.pausedMilliseconds += milliseconds } }
}

/// A province, a city below it, and two counties below the city; they speak the whole protocol,
/// signed, without sockets. One command as from the command line is `run`.
final class BlobGroup {
  let directory: URL
  let wire = BlobWire()
  let clock = Lock(Int64(1_700_000_000_000))
  var nodes: [String: Node] = [:]
  /// Object stores of some nodes, with where their blobs are to be.
  private let objects: [String: MemoryObjects]
  private var homes: [String: ObjectBlobStore.Home] = [:]
  /// What each node allows its children, from when it is opened next.
  var limits: [String: SiteLimits] = [:]
  private var vaults: [String: MemoryVault] = [:]

  static let chunk = BlobLimits.chunkOctets

  init(
    _ tree: [(code: String, upstream: String?)], rate: Int64? = nil,
    objects: [String: MemoryObjects] = [:], home: ObjectBlobStore.Home = .objects
  ) throws {
    self.objects = objects
    for code in objects.keys { homes[code] = home }
    directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    for (code, upstream) in tree { try add(code, under: upstream, rate: rate) }
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func add(_ code: String, under upstream: String?, rate: Int64? = nil) throws {
    let site = try #require(SiteCode(code))
    let store = try Store(
      path: path(code), creating: StoreIdentity(site: site, algorithm: .sha256),
      ports: ports(code), isDurable: false)
    let node = try open(store, upstream, rate)
    let kind: SiteKind = nodes.isEmpty || upstream == "360000" ? .central : .county
    try node.begin(as: NodeProfile(name: "站点\(code)", kind: kind), isRoot: upstream == nil)
    nodes[code] = node
    clock.withLock { $0 += 2000 }
    wire.serve("\(code).test", node)
    clock.withLock { $0 += 2000 }
    guard let upstream, let above = nodes[upstream] else { return }
    _ = try node.enrol(token: try above.issueToken(for: site).token)
    try sync(code)
  }

  private func path(_ code: String) -> String { directory.appending(path: code + ".db").path }

  private func ports(_ code: String) -> StorePorts {
    let (clock, number) = (clock, Lock(UInt64(0)))
    let seed = UUID().uuidString
    return StorePorts(
      now: { clock.withLock { $0 } },
      random: { count in
        let value = number.withLock { number -> UInt64 in
          number += 1
          return number
        }
        return Array(
          DigestAlgorithm.sha256.digest(Array("\(seed)\(code)\(value)".utf8)).bytes.prefix(count))
      })
  }

  private func open(_ store: Store, _ upstream: String?, _ rate: Int64?) throws -> Node {
    let url = try upstream.map { try BaseURL("http://\($0).test") }
    let code = store.identity.site.text
    let vault = vaults[code] ?? MemoryVault()
    vaults[code] = vault
    let blobs = objects[code].map { objects in
      ObjectBlobStore(
        path: path(code) + ".blobs", objects: objects, home: homes[code] ?? .objects,
        algorithms: { [.sha256] })
    }
    return try Node(
      store: store,
      settings: NodeSettings(
        upstream: url, blobBytesPerSecond: rate, siteLimits: limits[code] ?? SiteLimits()),
      vault: vault, network: wire, blobs: blobs)
  }

  /// Opens the node anew: nothing that was only in memory is left.
  func reopen(
    _ code: String, under upstream: String?, home: ObjectBlobStore.Home = .objects
  ) throws {
    homes[code] = home
    nodes[code] = nil
    let store = try Store(path: path(code), creating: nil, ports: ports(code))
    let node = try open(store, upstream, nil)
    nodes[code] = node
    clock.withLock { $0 += 2000 }
    wire.serve("\(code).test", node)
    clock.withLock { $0 += 2000 }
  }

  func node(_ code: String) throws -> Node { try #require(nodes[code]) }

  // MARK: commands

  @discardableResult
  func run(_ code: String, _ words: String...) throws -> JSONAnswer {
    try run(code, words: words)
  }

  @discardableResult
  func run(_ code: String, words: [String]) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""), "\(words)")
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    let context = OperationContext(node: try node(code), operatorName: "test")
    return try BlobGroup.answer(of: type, arguments, context)
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let bytes = AnswerJSON.encode(try context.perform(type, arguments))
    return JSONAnswer(value: try JSONSerialization.jsonObject(with: Data(bytes)))
  }

  @discardableResult
  func sync(_ code: String) throws -> JSONAnswer {
    // Signatures of one second have nonces of their own; sessions come later and later.
    clock.withLock { $0 += 1000 }
    return try run(code, "sync")
  }

  /// A file of so many octets that do not repeat.
  func file(_ name: String, octets: Int, seed: UInt64 = 1) throws -> String {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    var bytes: [UInt8] = []
    bytes.reserveCapacity(octets + 8)
    while bytes.count < octets {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      withUnsafeBytes(of: state.bigEndian) { bytes.append(contentsOf: $0) }
    }
    let url = directory.appending(path: name)
    try Data(bytes.prefix(octets)).write(to: url)
    return url.path
  }

  /// An item with one attachment, published in a column that is made where it is missing.
  func publish(
    _ code: String, _ title: String, in column: String = "要闻", attaching file: String
  ) throws -> String {
    let paths = try run(code, "column", "list")["columns"].list.map { $0["path"].string }
    if !paths.contains(column) { try run(code, "column", "add", column) }
    return try run(
      code, "item", "add", "--column", column, "--title", title, "--body", "<p>x</p>",
      "--published-at", "2023-11-14", "--publish", "--attach", file)["id"].string
  }

  func state(_ code: String, _ item: String) throws -> String {
    try run(code, "item", "show", item)["attachments"][0]["state"].string
  }

  /// Whether the item is in the list of what shows.
  func shows(_ code: String, _ item: String) throws -> Bool {
    try run(code, "item", "list")["items"].list.contains { $0["id"].string == item }
  }

  /// The files of whole blobs, and of what is staged.
  func files(_ code: String) throws -> (whole: [String], staged: [String]) {
    let root = path(code) + ".blobs"
    let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    let names = all.filter { $0.utf8.count > 64 }
    return (
      names.filter { $0.utf8.prefix(3).last == 0x2F }.map { root + "/" + $0 },
      names.filter { $0.hasPrefix("staged/") }.map { root + "/" + $0 }
    )
  }
}
