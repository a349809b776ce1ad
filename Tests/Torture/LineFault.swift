import Simulation

/// What the line between a child and its upstream does to one request.
enum LineFault: String, CaseIterable, Sendable {
  case refuse = "connection refused"
  case cutBefore = "cut before the request"
  case cutInRequest = "cut in mid-request"
  case cutAfter = "cut after the request"
  case dropReply = "reply dropped"
  case cutInAnswer = "cut in mid-answer"
  case delay = "delayed"
  case hold = "held"
  case throttle = "throttled"
  case duplicate = "duplicated"
  case late = "delivered late, out of order"
  case again = "old request again"
  case halfClose = "half closed"
  case damageRequest = "request damaged"
  case damageAnswer = "answer damaged"

  /// One of ten requests in good hours, one of two in bad ones.
  static func draw(_ dice: inout Dice, perMille: Int) -> LineFault? {
    guard dice.chance(perMille: perMille) else { return nil }
    return dice.pick(allCases)
  }
}
