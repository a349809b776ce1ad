import HTTPCore
import Networking
import NodeCore
import Replication
import Storage

/// A node that this process has opened, and with it the right to its directory.
final class OpenNode: HostedNode {
  let directory: NodeDirectory
  let configuration: Configuration
  private let node: Node
  private let lock: DirectoryLock

  init(_ directory: NodeDirectory, lock: DirectoryLock, language: Language) throws {
    self.directory = directory
    self.lock = lock
    configuration = try directory.configuration(language)
    do {
      node = try Node.open(
        directory: directory.path, settings: configuration.nodeSettings, ports: SystemPorts.store)
    } catch {
      throw Refusal.of(error, directory: directory.path)
    }
  }

  var code: String { node.site.text }

  func perform<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ caller: Caller
  ) throws -> O.Output {
    let operation = try type.init(arguments)
    let context = OperationContext(
      node: node, operatorName: caller.operatorName, dryRun: caller.dryRun,
      progress: caller.progress)
    do {
      return try operation.run(in: context)
    } catch {
      throw Refusal.of(error, directory: directory.path)
    }
  }

  func reply(to request: HTTPRequest, prefix: String, _ context: RequestContext) -> HTTPReply {
    if request.path.dropFirst(prefix.count) == "/healthz" { return .respond(.text(200, "ok\n")) }
    return .respond(ProblemDetails(.incompatible, status: 404, title: "no such path").response)
  }

  func onGrowth(_ body: @escaping @Sendable (_ topics: [String], _ hasNews: Bool) -> Void) {}

  func nextWake() throws -> Int64? { nil }

  func synchronize(_ interrupt: Interrupt) -> SyncOutcome { .failed(Refusal(.noUpstream)) }

  func watch(milliseconds: Int64, _ interrupt: Interrupt) throws -> Bool { false }

  var isWatching: Bool { configuration.watch }

  /// Folds the log into the database. The lock goes with the value.
  func close() throws {
    try node.store.checkpoint()
  }
}

extension Configuration {
  var nodeSettings: NodeSettings {
    let reposting: NodeSettings.Reposting =
      switch repost {
      case .auto: .auto
      case .manual: .manual
      }
    return NodeSettings(timeZoneOffsetMinutes: timeZoneMinutes, reposting: reposting)
  }
}
