import HTTPCore

/// What a server gives its clients: how many, how long, how much.
package struct ServerLimits: Sendable {
  package var http = HTTPLimits()
  /// Connections in all; one more is answered 503.
  package var connectionsMax = 8_192
  /// Connections of one IPv4 address or IPv6 /64; loopback is exempt: a proxy connects from there.
  package var connectionsPerAddressMax = 256
  /// Connections above these limits that still get a 503 instead of a plain close.
  package var refusalsMax = 64
  package var retryAfterSeconds = 5
  /// From the first octet of a request to the end of its head.
  package var headMilliseconds: Int64 = 10_000
  /// Grace for content, beyond what `bytesPerSecondMin` grants.
  package var bodyMilliseconds: Int64 = 20_000
  /// Grace for taking a response, beyond what `bytesPerSecondMin` grants.
  package var writeMilliseconds: Int64 = 20_000
  /// Slower peers are cut off once their grace is used up.
  package var bytesPerSecondMin: Int64 = 1_024
  /// Between requests.
  package var idleMilliseconds: Int64 = 75_000
  /// After the last response, for the client to close first: closing with unread input would
  /// take the response away from it.
  package var lingerMilliseconds: Int64 = 1_000
  package var lingerBytesMax = 4 << 20
  /// The longest hold that a handler may ask for.
  package var holdMillisecondsMax = 300_000
  /// Content of all connections together, in memory.
  package var contentBytesMax = 256 << 20
  /// A connection with no more than this is never refused for `contentBytesMax`.
  package var contentBytesFree = 65_536

  package init() {}
}

/// What a client gives its server.
package struct ClientLimits: Sendable {
  package var http = HTTPLimits(bodyBytesMax: 64 << 20)
  package var connectMilliseconds: Int64 = 10_000
  /// Without progress in sending.
  package var writeMilliseconds: Int64 = 30_000
  /// Without progress in receiving; must exceed the longest poll.
  package var readMilliseconds: Int64 = 60_000
  /// At most so many octets a second, each way; nil for as fast as it goes.
  package var bytesPerSecond: Int64?

  package init() {}
}
