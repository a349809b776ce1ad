import Bytes
import Replication
import SyncProtocol
import Testing

@Suite struct ReconcileMessageTests {
  private func request() throws -> ReconcileRequest {
    let key = try MessageSamples.key()
    let below = key.octets + [0]
    return ReconcileRequest(
      head: MessageSamples.head, begins: true,
      compared: [
        ReconcileRequest.Compared(
          range: KeyRange(from: below, below: nil), fingerprint: MessageSamples.fingerprint)
      ],
      listed: [
        ReconcileRequest.Listed(
          range: KeyRange(from: [], below: below),
          held: [ReconcileRequest.Held(key: key, digest: MessageSamples.digest, isSent: true)])
      ])
  }

  private func response() throws -> ReconcileResponse {
    ReconcileResponse(
      epoch: [1], head: 4, time: 5,
      answers: [
        ReconcileResponse.Answered(key: try MessageSamples.key(), answer: .left),
        ReconcileResponse.Answered(key: try MessageSamples.key(2), answer: .unknown),
      ],
      differing: [ReconcileResponse.Differing(place: 2, count: 3)])
  }

  @Test func `question and answer read as they were written`() throws {
    #expect(try ReconcileRequest(request().body) == request())
    #expect(try ReconcileResponse(response().body) == response())
  }

  @Test func `a key is listed inside its range alone`() throws {
    let body = try request().body
    let outside = try MessageBody.changed(body) { body in
      // The list ends below its key.
      body.items[1] = .array([.unsigned(33), .octets([]), .octets([1])])
    }
    #expect(throws: Malformed.self) { try ReconcileRequest(outside) }
    let before = try MessageBody.changed(body) { $0.items.swapAt(1, 2) }
    #expect(throws: Malformed.self) { try ReconcileRequest(before) }
  }

  @Test func `a sum has as many octets as a digest, and a count is no less than nothing`() throws {
    for (place, value) in [(4, CBORValue.octets([1])), (3, .integer(-1))] {
      let changed = try MessageBody.changed(request().body) { body in
        guard case .array(var parts) = body.items[0] else { return }
        parts[place] = value
        body.items[0] = .array(parts)
      }
      #expect(throws: Malformed.self) { try ReconcileRequest(changed) }
    }
  }

  @Test func `no more keys and ranges are named than a request takes`() throws {
    let range = CBORValue.array([.unsigned(33), .octets([]), .octets([])])
    func ranges(_ count: Int) throws -> [UInt8] {
      try MessageBody.changed(request().body) {
        $0.items = Array(repeating: range, count: count)
      }
    }
    let most = SyncLimits.reconcileRangesMax
    #expect(try ReconcileRequest(ranges(most)).listed.count == most)
    #expect(throws: Malformed.self) { try ReconcileRequest(ranges(most + 1)) }
    let held = try MessageBody(request().body).items[2]
    func keys(_ count: Int) throws -> [UInt8] {
      try MessageBody.changed(request().body) {
        $0.items = [range] + Array(repeating: held, count: count)
      }
    }
    let mostKeys = SyncLimits.reconcileKeysMax
    #expect(try ReconcileRequest(keys(mostKeys)).listed[0].held.count == mostKeys)
    #expect(throws: Malformed.self) { try ReconcileRequest(keys(mostKeys + 1)) }
  }

  @Test func `an answer that nobody knows is refused`() throws {
    for (item, place) in [(0, 2), (2, 1)] {
      let changed = try MessageBody.changed(response().body) { body in
        guard case .array(var parts) = body.items[item] else { return }
        parts[place] = .integer(item == 0 ? 5 : -1)
        body.items[item] = .array(parts)
      }
      #expect(throws: Malformed.self) { try ReconcileResponse(changed) }
    }
  }
}
