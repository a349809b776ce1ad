import Bytes
import Replication
import SyncProtocol
import Testing

@Suite struct EnrolMessageTests {
  private func answer(to request: EnrolRequest, kind: String = "central") throws -> EnrolResponse {
    EnrolResponse(
      to: request, code: try MessageSamples.site("360400"), name: "中心", kind: kind,
      algorithm: "sm3", nonce: [UInt8](repeating: 4, count: EnrolRequest.nonceOctets), time: 5,
      secret: MessageSamples.secret)
  }

  @Test func `question and answer read as they were written, and prove each other`() throws {
    let request = try MessageSamples.enrolRequest()
    let read = try EnrolRequest(request.body)
    #expect(read == request && read.isProved(by: MessageSamples.secret))
    let response = try answer(to: request)
    let answered = try EnrolResponse(response.body)
    #expect(answered == response)
    #expect(answered.isProved(by: MessageSamples.secret, to: request))
    #expect(answered.key(MessageSamples.secret, to: request).count == 32)
  }

  @Test func `who does not know the token proves nothing`() throws {
    let other = [UInt8](repeating: 8, count: 32)
    let request = try MessageSamples.enrolRequest()
    #expect(!request.isProved(by: other))
    let response = try answer(to: request)
    #expect(!response.isProved(by: other, to: request))
    #expect(response.key(other, to: request) != response.key(MessageSamples.secret, to: request))
  }

  @Test(arguments: [30, 31, 32, 33] as [UInt64])
  func `a question changed on the way is not proved`(_ field: UInt64) throws {
    let changed = try MessageBody.changed(MessageSamples.enrolRequest().body) { body in
      body.fields[field] =
        field == 33
        ? .octets([UInt8](repeating: 1, count: EnrolRequest.nonceOctets)) : .string("360424")
    }
    #expect(try !EnrolRequest(changed).isProved(by: MessageSamples.secret))
  }

  @Test(arguments: [35, 36, 37, 38, 39] as [UInt64])
  func `an answer changed on the way, or to another question, is not proved`(
    _ field: UInt64
  ) throws {
    let request = try MessageSamples.enrolRequest()
    let changed = try MessageBody.changed(answer(to: request).body) { body in
      body.fields[field] =
        field == 39
        ? .octets([UInt8](repeating: 1, count: EnrolRequest.nonceOctets)) : .string("sha-256")
    }
    #expect(try !EnrolResponse(changed).isProved(by: MessageSamples.secret, to: request))
    let another = EnrolRequest(
      code: request.code, name: request.name, kind: request.kind,
      nonce: [UInt8](repeating: 2, count: EnrolRequest.nonceOctets), secret: MessageSamples.secret)
    #expect(try !answer(to: request).isProved(by: MessageSamples.secret, to: another))
  }

  @Test func `codes, names and nonces of another form are refused`() throws {
    let request = try MessageSamples.enrolRequest()
    let response = try answer(to: request)
    let long = CBORValue.string(String(repeating: "名", count: 67))
    let changes: [(UInt64, CBORValue)] = [
      (30, .string("../360423")), (31, long), (33, .octets([1])), (34, .null),
    ]
    for (field, value) in changes {
      let changed = try MessageBody.changed(request.body) { $0.fields[field] = value }
      #expect(throws: Malformed.self, "field \(field)") { try EnrolRequest(changed) }
    }
    for (field, value) in [(35, CBORValue.string("")), (39, .octets([])), (38, .unsigned(1))] {
      let changed = try MessageBody.changed(response.body) { $0.fields[UInt64(field)] = value }
      #expect(throws: Malformed.self, "field \(field)") { try EnrolResponse(changed) }
    }
  }
}
