import HTTPCore
import Networking
import NodeCore

/// Asks the daemon that owns a directory to run an operation, over the directory's socket.
struct DaemonClient {
  private let directory: NodeDirectory
  private let language: Language

  init(_ directory: NodeDirectory, _ language: Language) {
    self.directory = directory
    self.language = language
  }

  /// The daemon's answer; nil where no daemon listens.
  func ask<O: Operation>(
    _ type: O.Type, _ arguments: Arguments, _ caller: Caller
  ) throws -> O.Output? {
    guard let target = RequestTarget(O.spec.path) else {
      throw Refusal(.internal, O.spec.path)
    }
    let fields: HTTPFields = [
      "Host": "localhost", "Content-Type": "application/json",
      "Accept-Language": language.rawValue, LocalAPI.operatorField: caller.operatorName,
      LocalAPI.dryRunField: caller.dryRun ? "true" : "false",
    ]
    let request = HTTPRequest(
      method: .post, target: target, fields: fields, body: arguments.json(for: O.spec))
    guard let response = try exchange(request) else { return nil }
    if response.status == 200 {
      return try AnswerJSON.decode(O.Output.self, from: response.body)
    }
    throw RemoteFailure(report: try AnswerJSON.decode(ErrorReport.self, from: response.body))
  }

  private func exchange(_ request: HTTPRequest) throws(Refusal) -> HTTPResponse? {
    let client = SocketClient(address: .unix(path: directory.socketPath), limits: limits)
    do {
      return try client.exchange(request)
    } catch {
      if error.isUnreachable { return nil }
      throw Refusal(.daemonLost, directory.path, error.description)
    }
  }

  /// An import may take long, and a list be long.
  private var limits: ClientLimits {
    var limits = ClientLimits()
    limits.readMilliseconds = 3_600_000
    limits.http.bodyBytesMax = 1 << 30
    return limits
  }
}
