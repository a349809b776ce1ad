import Bytes
import Glibc
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Synchronization

/// A centre and a county on files of their own, made once and copied for every input, so that an
/// input always meets the same two nodes.
private final class NodePair {
  let centre: Node
  let county: Node
  private let paths: [String]

  /// Time stands still; what is random counts.
  private static func ports(_ salt: UInt8) -> StorePorts {
    let count = Counter()
    return StorePorts(
      now: { 1_700_000_000_000 },
      random: { octets in
        let number = count.value.add(1, ordering: .relaxed).newValue
        let seed = [salt, UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
        return Array(DigestAlgorithm.sha256.digest(seed).bytes.prefix(octets))
      })
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  private static let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
  private static let codes = ["360400", "360423"].compactMap { SiteCode($0) }

  private static func path(_ place: Int, _ what: String) -> String {
    "\(folder)/sitegroup-fuzz-\(getpid())-\(what)-\(place).db"
  }

  private static func remove(_ path: String) {
    for ending in ["", "-wal", "-shm"] { unlink(path + ending) }
  }

  /// The files of both nodes as they are after enrolment and one item.
  private static let originals: [[UInt8]] = {
    let paths = [path(0, "new"), path(1, "new")]
    defer { paths.forEach(remove) }
    do {
      let nodes = try zip(codes, paths).enumerated().map { place, one in
        let store = try Store(
          path: one.1, creating: StoreIdentity(site: one.0, algorithm: .sha256),
          ports: ports(UInt8(place)), isDurable: false)
        return try Node(store: store)
      }
      let profile = NodeProfile(name: "县", kind: .county)
      try nodes[0].begin(as: NodeProfile(name: "市", kind: .central), isRoot: true)
      try nodes[1].begin(as: profile, isRoot: false)
      try nodes[0].store.write { try nodes[0].admit(codes[1], as: profile, in: $0) }
      try nodes[1].store.write { try nodes[1].join(codes[0], in: $0) }
      for node in nodes { try node.store.checkpoint() }
    } catch {
      claim(false, "two nodes can be made: \(error)")
    }
    return paths.map(octets)
  }()

  private static func octets(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var octets: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      octets += chunk[..<count]
    }
    return octets
  }

  init() throws {
    let paths = [Self.path(0, "run"), Self.path(1, "run")]
    self.paths = paths
    for (path, octets) in zip(paths, Self.originals) {
      Self.remove(path)
      guard let file = fopen(path, "w") else { continue }
      fwrite(octets, 1, octets.count, file)
      fclose(file)
    }
    let nodes = try paths.enumerated().map { place, path in
      try Node(
        store: Store(
          path: path, creating: nil, ports: Self.ports(UInt8(8 + place)), isDurable: false))
    }
    (centre, county) = (nodes[0], nodes[1])
  }

  deinit { paths.forEach(Self.remove) }
}

/// Numbers at the edges of what fits.
private let edges: [Int64] = [0, 1, -1, .max, .min, .max - 1, 1 << 31, 1 << 53, 1_700_000_000_000]

private func damaged(_ value: CBORValue, _ input: inout FuzzInput) -> CBORValue {
  switch value {
  case .unsigned, .negative:
    return input.flag() ? .integer(edges[input.below(edges.count)]) : .unsigned(input.word())
  case .octets(var octets):
    if octets.isEmpty || input.flag() { return .octets(input.piece()) }
    octets[input.below(octets.count)] = input.octet()
    return .octets(octets)
  case .text: return .text(Array(String(decoding: input.piece(), as: UTF8.self).utf8))
  case .bool(let set): return .bool(!set)
  case .null: return .unsigned(0)
  case .array(var items):
    guard !items.isEmpty else { return .array([anyValue(&input, depth: 3)]) }
    let place = input.below(items.count)
    items[place] = damaged(items[place], &input)
    return .array(items)
  case .map(var pairs):
    guard !pairs.isEmpty else { return value }
    let place = input.below(pairs.count)
    if input.below(4) == 0 {
      pairs.remove(at: place)
    } else {
      pairs[place] = CBORPair(pairs[place].key, damaged(pairs[place].value, &input))
    }
    return .map(pairs)
  }
}

/// A body with a few of its values changed, dropped or repeated.
private func damaged(_ body: [UInt8], _ input: inout FuzzInput) -> [UInt8] {
  var reader = CBORReader(body)
  var items: [CBORValue] = []
  while !reader.isAtEnd, let item = try? reader.value() { items.append(item) }
  for _ in 0...input.below(2) where !items.isEmpty {
    let place = input.below(min(items.count, 256))
    switch input.below(5) {
    case 0: items.remove(at: place)
    case 1: items.append(items[place])
    default: items[place] = damaged(items[place], &input)
    }
  }
  return items.flatMap(\.canonical)
}

private func write(_ node: Node, _ input: inout FuzzInput) throws {
  var edit = RecordEdit(.item(node.site, externalID: "\(input.below(3))"))
  edit.set("title", String(decoding: input.take(4), as: UTF8.self))
  edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: UInt64(input.below(4))))
  try node.store.write { try $0.write(edit) }
}

/// What a node would store only if it were broken, or another program.
private func forge(_ node: Node, _ input: inout FuzzInput) throws {
  guard let kind = [RecordKind.item, .column, .placement, .mapping].dropFirst(input.below(4)).first
  else { return }
  let key = RecordKey(owner: node.site, kind: kind, id: sampleKey.id)
  var copies = Copies(input: input)
  guard let record = copies.copy(key) else { return }
  input = copies.input
  try node.store.write { try $0.put(record, over: try $0.record(key)) }
}

private func exchange(_ pair: NodePair, _ input: inout FuzzInput, isHonest: Bool) throws {
  guard let run = try SyncRun(pair.county) else { return claim(false, "a county has an upstream") }
  var action = try run.begin()
  for _ in 0..<40 {
    guard case .send(var call) = action else { return }
    if !isHonest, input.below(3) == 0 { call.body = damaged(call.body, &input) }
    var reply = try pair.centre.answer(call, from: pair.county.site)
    if !isHonest, case .ok(let body, let etag) = reply, input.below(3) == 0 {
      reply = .ok(body: damaged(body, &input), etag: etag)
    }
    action = try run.receive(reply)
  }
}

extension FuzzTarget {
  /// Two nodes whose messages are tampered with on the way, as by a peer that is broken.
  static let session = FuzzTarget(
    name: "session",
    seeds: {
      (0..<24).map { seed in (0..<120).map { UInt8(truncatingIfNeeded: $0 * $0 * 7 + $0 * seed) } }
    },
    words: [],
    run: { octets in
      var input = FuzzInput(octets)
      guard let pair = try? NodePair() else { return claim(false, "two nodes can be opened") }
      for _ in 0..<4 where !input.isAtEnd {
        let writer = input.flag() ? pair.centre : pair.county
        // What is refused or malformed is told by an error; the nodes must outlive it.
        _ = try? write(writer, &input)
        if input.flag() { _ = try? forge(writer, &input) }
        _ = try? exchange(pair, &input, isHonest: false)
      }
      _ = try? exchange(pair, &input, isHonest: true)
      for node in [pair.centre, pair.county] {
        let damages = try? node.store.read { try $0.damages() }
        claim(damages?.isEmpty == true, "whatever a peer sends, what is stored can be read")
      }
    })
}
