import HTTPCore
import Testing

@Suite struct `Conditional requests` {
  private func outcome(
    _ fields: HTTPFields, _ method: HTTPMethod = .get
  ) -> EntityTags.Outcome {
    EntityTags.evaluate(HTTPRequest(method: method, target: "/", fields: fields), etag: "\"a,b\"")
  }

  @Test func `what the client has is not sent again`() {
    #expect(outcome(["If-None-Match": "\"a,b\""]) == .notModified)
    #expect(outcome(["If-None-Match": "\"x\", W/\"a,b\""]) == .notModified)
    #expect(outcome(["If-None-Match": "*"], .head) == .notModified)
    #expect(outcome(["If-None-Match": "*"], .put) == .failed)
    #expect(outcome(["If-None-Match": "\"a\", \"b\""]) == .proceed(honoursRange: true))
    #expect(outcome(["If-None-Match": "a,b"]) == .proceed(honoursRange: true))
  }

  @Test func `what must be there is compared strongly`() {
    #expect(outcome(["If-Match": "\"a,b\""]) == .proceed(honoursRange: true))
    #expect(outcome(["If-Match": "*"]) == .proceed(honoursRange: true))
    #expect(outcome(["If-Match": "W/\"a,b\""]) == .failed)
    #expect(outcome(["If-Match": "\"x\"", "If-None-Match": "\"a,b\""]) == .failed)
  }

  @Test func `a range of something else is not a range of this`() {
    #expect(outcome(["If-Range": "\"a,b\""]) == .proceed(honoursRange: true))
    for other in ["\"x\"", "W/\"a,b\"", "Sat, 29 Oct 1994 19:43:31 GMT", "\"a,b\", \"x\""] {
      #expect(outcome(["If-Range": other]) == .proceed(honoursRange: false))
    }
  }

  @Test func `a tag that a proxy has weakened is still known`() {
    func known(_ value: String) -> String? {
      EntityTags.known(
        HTTPRequest(method: .get, target: "/", fields: ["If-None-Match": value]))
    }
    #expect(known("W/\"a\"") == "\"a\"")
    #expect(known("\"a\", \"b\"") == "\"a\"")
    #expect(known("a") == nil)
  }
}
