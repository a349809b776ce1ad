import Bytes
import Foundation
import Storage

/// An object store in memory, that can be away, refuse, and spoil what it gives.
final class MemoryObjects: ObjectStore {
  struct State {
    var objects: [String: [UInt8]] = [:]
    var fault: BlobFault?
    /// Answers that come spoiled, from the next one on.
    var spoiled = 0
    var octetsRead = 0
    var greatestRead = 0
    var puts = 0
  }

  private let state = Lock(State())
  static let away = BlobFault.unreachable(place: "memory", "away")

  var place: String { "memory" }

  func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  func get<T>(_ body: (State) -> T) -> T { state.withLock { body($0) } }
  var names: [String] { self.get { $0.objects.keys.sorted() } }

  private func within<T>(_ body: (inout State) -> T) throws(BlobFault) -> T {
    let (fault, value) = state.withLock { state in
      (state.fault, state.fault == nil ? body(&state) : nil)
    }
    if let value { return value }
    throw fault ?? MemoryObjects.away
  }

  func size(of name: String) throws(BlobFault) -> Int64? {
    try within { ($0.objects[name]?.count).map(Int64.init) }
  }

  func octets(of name: String, in range: Range<Int64>) throws(BlobFault) -> [UInt8]? {
    try within { state in
      guard let all = state.objects[name], range.upperBound <= all.count else { return nil }
      var octets = Array(all[Int(range.lowerBound)..<Int(range.upperBound)])
      state.octetsRead += octets.count
      state.greatestRead = max(state.greatestRead, octets.count)
      if state.spoiled > 0, !octets.isEmpty {
        octets[0] ^= 1
        state.spoiled -= 1
      }
      return octets
    }
  }

  func put(_ name: String, file: String, size: Int64, sha256: Digest) throws(BlobFault) {
    let octets = (try? Data(contentsOf: URL(fileURLWithPath: file))).map { Array($0) } ?? []
    try within { state in
      state.puts += 1
      if octets.count == size, DigestAlgorithm.sha256.digest(octets) == sha256 {
        state.objects[name] = octets
      }
    }
  }

  func copy(_ name: String, to other: String) throws(BlobFault) {
    try within { $0.objects[other] = $0.objects[name] }
  }

  func remove(_ name: String) throws(BlobFault) { try within { $0.objects[name] = nil } }

  func names(from beginning: String, after name: String?) throws(BlobFault) -> [String] {
    try within { state in
      Array(
        state.objects.keys.sorted().filter { $0.hasPrefix(beginning) && $0 > (name ?? "") }
          .prefix(2))
    }
  }

  func probe() throws(BlobFault) { try within { _ in } }
}
