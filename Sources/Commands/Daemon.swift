import Dispatch
import HTTPCore
import Networking
import NodeCore
import Storage

/// Serves the nodes that this process has opened: their neighbours over TCP, commands over each
/// node's own socket, their schedules in a loop each.
package final class Daemon: Sendable {
  private let nodes: [any HostedNode]
  private let server: HTTPServer
  /// Apart from the other, so that commands that wait for a neighbour in this same process never
  /// take the threads that would answer them.
  private let local: HTTPServer
  private let loops: [SyncLoop]
  private let pageLoops: [PageLoop]
  private let deflateLoop: DeflateLoop
  private let log: Log

  /// `sockets` are the paths for commands, one a node, in the order of the nodes.
  package init(
    nodes: [any HostedNode], sockets: [String], listen: [SocketAddress], isRoot: Bool, log: Log
  ) throws {
    precondition(nodes.count == sockets.count)
    self.nodes = nodes
    self.log = log
    let routes = NodeRoutes(codes: nodes.map(\.code), isRoot: isRoot)
    server = try HTTPServer(
      addresses: listen, loops: min(Processors.count, Daemon.loopsMax),
      workers: Daemon.workersCount,
      // Nobody can say which node was meant: the first keeps the account.
      onRefusal: { status, network in
        nodes.first?.noteStranger(status: status, network: network)
      },
      ready: { request, context in
        guard let route = routes.route(request.path) else { return nil }
        let node = nodes[route.index]
        return node.readyReply(to: request, prefix: route.prefix, context)
          .map { Daemon.named($0, node) }
      }
    ) { request, context in
      Daemon.reply(to: request, context, nodes, routes)
    }
    let gate = DispatchSemaphore(value: Daemon.sessionsMax)
    let loops = nodes.map { SyncLoop($0, gate: gate, log: log) }
    self.loops = loops
    pageLoops = nodes.compactMap { PageLoop($0, log: log) }
    deflateLoop = DeflateLoop(nodes, log: log)
    local = try HTTPServer(
      addresses: sockets.map { .unix(path: $0) },
      workers: min(nodes.count + 1, Daemon.localWorkersMax)
    ) { request, context in
      let response: HTTPResponse
      do throws(HTTPFault) {
        let decoded = try ContentCoding.decoded(request, HTTPLimits())
        response = LocalAPI(nodes[context.listenerIndex]).respond(to: decoded)
      } catch {
        return .respond(ContentCoding.refusal(error))
      }
      // An enrolment, say, opens the link.
      loops[context.listenerIndex].lookAgain()
      return .respond(response)
    }
  }

  private static let loopsMax = 4
  private static let workersCount = 4
  private static let localWorkersMax = 16
  private static let sessionsMax = 4

  /// Where it listens, with the ports that were chosen.
  package var addresses: [SocketAddress] { server.addresses }

  package func start() throws {
    SystemMemory.shareHeaps()
    for (node, loop) in zip(nodes, loops) {
      let server = server
      node.onGrowth { topics, hasNews in
        for topic in topics { server.wake("\(node.code)/\(topic)") }
        if hasNews { loop.announce() }
      }
    }
    try server.start()
    try local.start()
    for loop in loops { try loop.start() }
    for loop in pageLoops { try loop.start() }
    try deflateLoop.start()
  }

  /// Ends sessions and polls, answers what is under way, writes the nodes' logs home.
  package func stop() {
    for node in nodes { node.interrupt() }
    for loop in loops { loop.stop() }
    for loop in pageLoops { loop.stop() }
    deflateLoop.stop()
    server.stop(drainMilliseconds: Daemon.drainMilliseconds)
    local.stop(drainMilliseconds: Daemon.drainMilliseconds)
    for node in nodes {
      do {
        try node.close()
      } catch {
        log.note(.error, "close", ["site": node.code, "error": Refusal.of(error).message(.en)])
      }
    }
  }

  private static let drainMilliseconds = 5000

  private static func reply(
    to request: HTTPRequest, _ context: RequestContext, _ nodes: [any HostedNode],
    _ routes: NodeRoutes
  ) -> HTTPReply {
    guard let route = routes.route(request.path) else {
      if request.path == "/healthz" { return .respond(.text(200, "ok\n")) }
      nodes.first?.noteStranger(status: 404, network: NetworkName.of(context.peerAddress))
      return .respond(
        ProblemDetails(.operatorNeeded, status: 404, title: "no such site", code: "unknown_site")
          .response)
    }
    let node = nodes[route.index]
    return named(node.reply(to: request, prefix: route.prefix, context), node)
  }

  /// Topics of several nodes are told apart by their codes.
  private static func named(_ reply: HTTPReply, _ node: any HostedNode) -> HTTPReply {
    switch reply {
    case .respond, .respondLater: reply
    case .hold(let topic, let milliseconds):
      .hold(topic: "\(node.code)/\(topic)", milliseconds: milliseconds)
    }
  }
}
