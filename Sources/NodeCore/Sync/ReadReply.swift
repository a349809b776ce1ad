import Bytes
import Replication
import Storage
import SyncProtocol

/// An answer, read as far as it can be without the store: while the page before it is applied.
package struct ReadReply: Sendable {
  enum Content: Sendable {
    case reply(SyncReply)
    case page(PullResponse, [ReadItem])
    case malformed(Malformed)
  }

  let content: Content

  /// `isPull`: whether it answers a pull; other answers are read as they are applied.
  package init(
    _ reply: SyncReply, isPull: Bool, _ algorithm: DigestAlgorithm, _ ports: StorePorts
  ) {
    guard isPull, case .ok(let body, _) = reply else {
      content = .reply(reply)
      return
    }
    do {
      var page = try PullResponse(body)
      let items = ReadItem.read(page.items, algorithm, ports)
      page.items = []
      content = .page(page, items)
    } catch {
      content = .malformed(error)
    }
  }
}
