import Glibc
import HTTPCore

/// What comes of a request, as the loop needs it.
enum Outcome: Sendable {
  case response([UInt8], closing: Bool, afterMilliseconds: Int)
  case hold(topic: String, milliseconds: Int)

  init(
    _ reply: HTTPReply, to request: HTTPRequest, _ context: RequestContext, keepsAlive: Bool,
    _ clock: inout DateClock
  ) {
    let response: HTTPResponse
    var delay = 0
    switch reply {
    case .respond(let given):
      response = given
    case .respondLater(let given, let milliseconds):
      response = given
      delay = milliseconds
    case .hold(let topic, let milliseconds):
      if !context.timedOut {
        self = .hold(topic: topic, milliseconds: milliseconds)
        return
      }
      response = ProblemDetails(.retryLater, status: 503, title: "No answer in time").response
    }
    let closing = !keepsAlive || response.fields.list("connection", has: "close")
    let octets = response.serialized(
      headOnly: request.method == .head, closing: closing, date: clock.now())
    self = .response(octets, closing: closing, afterMilliseconds: delay)
  }
}

/// The Date field's value, formatted once a second.
struct DateClock {
  private var second: Int64 = -1
  private var text = ""

  mutating func now() -> String {
    let present = Int64(time(nil))
    if present != second {
      second = present
      text = HTTPDate.format(present)
    }
    return text
  }
}
