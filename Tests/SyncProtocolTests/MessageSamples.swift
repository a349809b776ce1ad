import Bytes
import Replication
import SyncProtocol
import Testing

/// Values that messages are made of.
enum MessageSamples {
  static let digest = DigestAlgorithm.sha256.digest([1, 2, 3])
  static let secret = [UInt8](repeating: 7, count: 32)
  static let nonce = [UInt8](repeating: 9, count: EnrolRequest.nonceOctets)

  static let fingerprint = {
    var fingerprint = Fingerprint()
    fingerprint.add(digest)
    return fingerprint
  }()

  static let head = SessionHead(
    epoch: [1, 2], knownEpoch: [3], last: [4], next: [5], time: 1_700_000_000_000, number: 7)

  static func site(_ code: String = "360423") throws -> SiteCode { try #require(SiteCode(code)) }

  static func key(_ number: UInt8 = 1) throws -> RecordKey {
    RecordKey(
      owner: try site(), kind: RecordKind(rawValue: 4),
      id: RecordID(head: DigestAlgorithm.sha256.digest([number])))
  }

  static func items() throws -> [StreamItem] {
    let patch = RecordPatch(
      base: digest.prefix(RecordPatch.baseOctets), result: digest.prefix(RecordPatch.resultOctets),
      prefixCount: 3, suffixCount: 2, middle: [3, 0])
    return [.whole(dictionary: 1, bytes: [3, 0]), .patch(try key(), patch)]
  }

  static func enrolRequest() throws -> EnrolRequest {
    EnrolRequest(
      code: try site(), name: "武宁县人民政府", kind: "county", nonce: nonce, secret: secret)
  }
}

/// A body taken apart: its head, by field, and the items behind it.
struct MessageBody {
  var fields: [UInt64: CBORValue] = [:]
  var items: [CBORValue] = []

  init(_ body: [UInt8]) throws {
    var reader = CBORReader(body)
    guard case .map(let pairs) = try reader.value() else { throw Malformed("no head", at: 0) }
    for pair in pairs {
      guard case .unsigned(let number) = pair.key else { throw Malformed("no field", at: 0) }
      fields[number] = pair.value
    }
    while !reader.isAtEnd { items.append(try reader.value()) }
  }

  var octets: [UInt8] {
    let head = fields.sorted { $0.key < $1.key }.map { CBORPair(.unsigned($0.key), $0.value) }
    return CBORValue.map(head).canonical + items.flatMap(\.canonical)
  }

  static func changed(
    _ body: [UInt8], _ change: (inout MessageBody) -> Void
  ) throws -> [UInt8] {
    var parts = try MessageBody(body)
    change(&parts)
    return parts.octets
  }
}
