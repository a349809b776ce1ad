import HTTPCore
import SyncProtocol

extension SyncChannel {
  /// One exchange about blobs: an answer of the upstream, whatever its status; what stands between
  /// may only say that it is busy. Signs anew once, a second later.
  func exchange(_ request: HTTPRequest) -> Result<HTTPResponse, SyncSession.Failure> {
    let first = attempt(request)
    guard case .failure(.problem(.reauth, _)) = first else { return first }
    network.pause(milliseconds: 1100)
    return attempt(request)
  }

  private func attempt(_ request: HTTPRequest) -> Result<HTTPResponse, SyncSession.Failure> {
    var request = request
    sign(&request)
    let response: HTTPResponse
    do {
      response = try exchange(request, tellsOfLine: true)
    } catch {
      return .failure(.unreachable(error.words))
    }
    if response.status == 401 {
      return .failure(.problem(.reauth, clockAdvice(response)))
    }
    if response.status == 503 || response.status == 429 {
      node.pauseBlobs(seconds: ProblemDetails(response)?.retryAfter ?? 0)
      return .failure(.problem(.retryLater, "busy"))
    }
    guard isSigned(response, to: request) else {
      return .failure(
        .unreachable("\(url) does not sign its answers with the key of this link"))
    }
    return .success(response)
  }
}
