import Bytes
import Foundation
import HTTPCore
import NodeCore
import Replication
import Storage
import Testing

@testable import Commands

@Suite struct `An S3-compatible store` {
  private let fake: FakeS3

  init() throws { fake = try FakeS3() }

  private func store(_ endpoint: String, site: String = "360400") throws -> S3ObjectStore {
    try S3ObjectStore.forTest(endpoint, site: site)
  }

  @Test func `objects are put, read in ranges, copied, listed and removed`() throws {
    try ObjectStoreLaws.hold(try store(fake.endpoint))
    fake.stop()
  }

  @Test func `every request is signed, and none carries the secret`() throws {
    try ObjectStoreLaws.hold(try store(fake.endpoint))
    #expect(fake.requests.count > 10)
    for request in fake.requests {
      let signature = request.fields["authorization"] ?? ""
      #expect(signature.hasPrefix("AWS4-HMAC-SHA256 Credential=AKTEST/20231114/eu-1/s3/"))
      let octets = String(decoding: request.serialized(), as: UTF8.self)
      #expect(!octets.contains("the-secret"))
    }
    fake.stop()
  }

  @Test func `sites share a bucket without seeing each other's objects`() throws {
    let one = try store(fake.endpoint)
    let two = try store(fake.endpoint, site: "360423")
    let file = try TemporaryFile(octets: [1, 2, 3])
    try one.put("ab/1", file: file.path, size: 3, sha256: file.digest)
    #expect(try two.names(from: "", after: nil).isEmpty)
    try two.remove("ab/1")
    #expect(try one.size(of: "ab/1") == 3)
    #expect(fake.names == ["nodes/360400/ab/1"])
    fake.stop()
  }

  @Test func `what the store refuses is told by its code alone`() throws {
    let store = try store(fake.endpoint)
    let place = "\(fake.endpoint)/bucket"
    let cases: [(Int, String, BlobFault)] = [
      (403, "SignatureDoesNotMatch", .denied(place: place, "403 SignatureDoesNotMatch")),
      (404, "NoSuchBucket", .denied(place: place, "404 NoSuchBucket")),
      (301, "PermanentRedirect", .denied(place: place, "301 PermanentRedirect")),
      (503, "SlowDown", .unreachable(place: place, "503 SlowDown")),
      (500, "<b>HIDDEN</b>", .unreachable(place: place, "500")),
    ]
    for (status, code, expected) in cases {
      fake.set { $0.failure = FakeS3.error(status, code) }
      #expect(throws: expected) { try store.probe() }
      #expect(throws: expected) { try store.octets(of: "ab/1", in: 0..<3) }
      #expect(throws: expected) { try store.names(from: "", after: nil) }
      #expect(throws: expected) { try store.remove("ab/1") }
      for language in Language.allCases {
        let message = Refusal.of(expected).message(language)
        #expect(message.contains(place) && !message.contains("HIDDEN"))
      }
    }
    fake.stop()
  }

  @Test func `a missing bucket is not a missing object`() throws {
    let store = try S3ObjectStore.forTest(fake.endpoint, site: "360400", bucket: "other")
    #expect(throws: BlobFault.self) { try store.size(of: "ab/1") }
    #expect(throws: BlobFault.self) { try store.octets(of: "ab/1", in: 0..<1) }
    fake.stop()
  }

  @Test func `a store that is not there is unreachable`() throws {
    let store = try store(fake.endpoint)
    fake.stop()
    let fault = #expect(throws: BlobFault.self) { try store.probe() }
    guard case .unreachable = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }

  @Test func `an upload is not held in memory, and a file that shrinks ends it`() throws {
    let store = try store(fake.endpoint)
    let file = try TemporaryFile(octets: [UInt8](repeating: 7, count: 700_000))
    try store.put("ab/1", file: file.path, size: 700_000, sha256: file.digest)
    #expect(try store.size(of: "ab/1") == 700_000)
    #expect(throws: BlobFault.self) {
      try store.put("ab/2", file: file.path, size: 800_000, sha256: file.digest)
    }
    #expect(try store.size(of: "ab/2") == nil)
    fake.stop()
  }
}

/// The same against a server that others wrote, where one is installed.
@Suite struct `A real S3 server` {
  @Test(.enabled(if: MotoServer.path != nil, "moto_server is not installed"))
  func `keeps what the store of objects is asked to keep`() throws {
    let server = try MotoServer()
    defer { server.stop() }
    try ObjectStoreLaws.hold(try S3ObjectStore.forTest(server.endpoint, site: "360400"))
    let missing = try S3ObjectStore.forTest(server.endpoint, site: "360400", bucket: "other")
    #expect(throws: BlobFault.self) { try missing.size(of: "ab/1") }
    try blobs(server.endpoint)
  }

  /// A blob of many chunks through the store of blobs, and back to the directory.
  private func blobs(_ endpoint: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let octets = (0..<(3 << 20) + 5).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let digest = DigestAlgorithm.sha256.digest(octets)
    func open(_ home: ObjectBlobStore.Home) throws -> ObjectBlobStore {
      ObjectBlobStore(
        path: folder.path, objects: try S3ObjectStore.forTest(endpoint, site: "360423"),
        home: home, algorithms: { [.sha256] })
    }
    let blobs = try open(.objects)
    try blobs.stage(octets, of: digest, at: 0, from: "360400")
    #expect(try blobs.finish(digest, size: Int64(octets.count), from: "360400"))
    #expect(try blobs.allStaged().isEmpty)
    let part = try blobs.octets(of: digest, in: 1_048_570..<1_048_580)
    #expect(part == Array(octets[1_048_570..<1_048_580]))
    #expect(try blobs.check(digest))
    let back = try open(.directory)
    #expect(try back.misplaced() == [digest])
    try back.settle(digest)
    #expect(try back.misplaced().isEmpty && back.check(digest))
    #expect(try blobs.misplaced() == [digest])
    try blobs.remove(digest)
    #expect(try blobs.all().isEmpty)
  }
}

enum ObjectStoreLaws {
  static func hold(_ store: S3ObjectStore) throws {
    try store.probe()
    let file = try TemporaryFile(octets: (0..<5000).map { UInt8(truncatingIfNeeded: $0) })
    for name in ["ab/1", "ab/2", "cd/3"] {
      #expect(try store.size(of: name) == nil)
      #expect(try store.octets(of: name, in: 0..<10) == nil)
      try store.put(name, file: file.path, size: 5000, sha256: file.digest)
    }
    #expect(try store.size(of: "ab/2") == 5000)
    #expect(try store.octets(of: "ab/2", in: 10..<300) == (10..<300).map { UInt8($0 & 255) })
    #expect(try store.octets(of: "ab/2", in: 4990..<5010) == nil)
    try store.copy("ab/2", to: "damaged/2")
    #expect(try store.size(of: "damaged/2") == 5000)
    #expect(try store.names(from: "ab/", after: nil) == ["ab/1", "ab/2"])
    #expect(try store.names(from: "", after: "ab/2").first == "cd/3")
    #expect(try store.names(from: "", after: "damaged/2").isEmpty)
    for name in ["ab/1", "ab/2", "cd/3", "damaged/2", "none"] { try store.remove(name) }
    #expect(try store.names(from: "", after: nil).isEmpty)
  }
}

extension S3ObjectStore {
  static func forTest(
    _ endpoint: String, site: String, bucket: String = "bucket"
  ) throws -> S3ObjectStore {
    let settings = S3Settings(
      endpoint: try BaseURL(endpoint), bucket: bucket, region: "eu-1", accessKeyID: "AKTEST",
      secretAccessKey: Secret("the-secret"), prefix: "nodes")
    let code = try #require(SiteCode(site))
    let store = S3ObjectStore(
      settings, site: code, network: SocketNetwork(interrupt: nil),
      now: { 1_700_000_000_000 })
    return try #require(store)
  }
}

final class TemporaryFile {
  let path: String
  let digest: Digest

  init(octets: [UInt8]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(octets).write(to: url)
    path = url.path
    digest = DigestAlgorithm.sha256.digest(octets)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
