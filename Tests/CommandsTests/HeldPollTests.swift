import Dispatch
import Foundation
import Glibc
import HTTPCore
import Networking
import NodeCore
import Storage
import Testing

@testable import Commands

/// A child's open long poll at the real daemon, while another process takes its right away.
@Suite struct `A held poll` {
  private final class Poll: Sendable {
    let answered = DispatchSemaphore(value: 0)
    let response = Lock<(HTTPResponse, at: Int64)?>(nil)
    let thread = Lock<SystemThread?>(nil)

    init(_ request: HTTPRequest, at address: SocketAddress) throws {
      let (answered, response) = (answered, response)
      let thread = try SystemThread("poll") {
        if let one = try? SocketClient(address: address).exchange(request) {
          response.withLock { $0 = (one, Monotonic.milliseconds()) }
        }
        answered.signal()
      }
      self.thread.withLock { $0 = thread }
    }

    func end() -> (response: HTTPResponse, at: Int64)? {
      _ = answered.wait(timeout: .now() + .seconds(20))
      return response.withLock { $0 }.map { ($0.0, $0.at) }
    }
  }

  /// Nothing is new: the answer waits.
  private func hold(_ centre: ServedCentre) throws -> Poll {
    let now = try centre.answer(centre.signed(.get, "/sync/v1/link"))
    let etag = try #require(now.fields["etag"], "\(now.status)")
    let poll = try Poll(
      centre.signed(.get, "/sync/v1/link?wait=30", etag: etag), at: centre.daemon.address)
    usleep(150_000)
    try #require(poll.response.withLock { $0 } == nil, "it is not held")
    return poll
  }

  /// The answer that a line of another process brings about, within a second of it.
  private func answer(_ centre: ServedCentre, to line: String...) throws -> HTTPResponse {
    let poll = try hold(centre)
    let result = try Program.run(centre.shell, line[0], line[1], line[2], line[3], "--dir", "c")
    let done = Monotonic.milliseconds()
    #expect(result.status == 0, "\(result.output)")
    let (response, at) = try #require(poll.end())
    #expect(at - done < 1000, "\(line): \(at - done) ms after the command")
    return response
  }

  @Test func `is answered within a second of suspend, rekey and retire by another process`()
    throws
  {
    let centre = try ServedCentre()
    centre.waitOutStart()
    let suspended = try answer(centre, to: "site", "suspend", "360423", "--json")
    #expect(suspended.status == 403)
    #expect(ProblemDetails(suspended)?.code == "site_suspended")
    #expect(try centre.answer(centre.signed(.get, "/sync/v1/link")).status == 403)
    #expect(try Program.run(centre.shell, "site", "resume", "360423", "--dir", "c").status == 0)
    #expect(try centre.answer(centre.signed(.get, "/sync/v1/link")).status == 200)

    #expect(try answer(centre, to: "site", "rekey", "360423", "--now").status == 401)
    #expect(centre.shell.run("sync", "--dir", "n").status != 0)
    try centre.enrol("site", "rekey", "360423", "--now")
    #expect(centre.shell.run("sync", "--dir", "n").status == 0)

    let retired = try answer(centre, to: "site", "retire", "360423", "--json")
    // By its standing, or by its key, which goes a moment later.
    #expect(retired.status == 401 || ProblemDetails(retired)?.code == "site_retired")
    #expect(try centre.answer(centre.signed(.get, "/sync/v1/link")).status == 401)
    centre.daemon.end(SIGTERM)
  }
}
