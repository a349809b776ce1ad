import HTTPCore
import NodeCore

/// `POST /api/v1/NOUN[/VERB]` on the node's own socket: arguments as a JSON object in, the answer's
/// JSON out. Whoever can open the socket is trusted with the operator's name.
package struct LocalAPI: Sendable {
  static let operatorField = "X-Sitegroup-Operator"
  static let dryRunField = "X-Sitegroup-Dry-Run"
  static let pathPrefix = "/api/v1/"

  private let node: any HostedNode

  package init(_ node: any HostedNode) {
    self.node = node
  }

  package func respond(to request: HTTPRequest) -> HTTPResponse {
    let language = Language(acceptLanguage: request.fields["Accept-Language"])
    do {
      guard let (noun, verb) = LocalAPI.names(in: request.path) else {
        throw Refusal(.unknownCommand, request.path)
      }
      guard let operation = CommandTable.operation(noun: noun, verb: verb) else {
        throw Refusal(
          .unknownCommand, verb.isEmpty ? noun : "\(noun) \(verb)",
          CommandTable.nearest(noun: noun, verb: verb))
      }
      guard request.method == .post else {
        var refused = HTTPResponse.text(405, "POST\n")
        refused.fields.append("Allow", "POST")
        return refused
      }
      let caller = Caller(
        operatorName: request.fields[LocalAPI.operatorField] ?? "api",
        dryRun: request.fields[LocalAPI.dryRunField] == "true")
      let body = try answer(operation, request.body, caller)
      return HTTPResponse(status: 200, contentType: "application/json", body: body)
    } catch {
      let refusal = Refusal.of(error)
      return HTTPResponse(
        status: refusal.reason.facts.httpStatus, contentType: "application/json",
        body: AnswerJSON.encode(ErrorReport(refusal, language)))
    }
  }

  private func answer<O: Operation>(
    _ operation: O.Type, _ body: [UInt8], _ caller: Caller
  ) throws -> [UInt8] {
    let arguments = try Arguments(json: body, for: O.spec)
    return AnswerJSON.encode(try node.perform(operation, arguments, caller))
  }

  /// Noun and verb of a path of the API; the verb is empty where none stands.
  private static func names(in path: String) -> (String, String)? {
    guard path.utf8.starts(with: pathPrefix.utf8) else { return nil }
    let parts = path.dropFirst(pathPrefix.count)
      .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return (parts[0], "")
    case 2: return (parts[0], parts[1])
    default: return nil
    }
  }
}
