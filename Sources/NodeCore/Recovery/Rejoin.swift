import Replication
import Storage
import SyncProtocol

extension Node {
  /// Gives the store a new life, as it stands: every neighbour reconciles with it anew, and what it
  /// has lost comes back from them, its own cells too.
  package func rejoin(by operatorName: String = "", _ operation: String = "rejoin") throws {
    try store.write { transaction in
      transaction.renewEpoch()
      // What stands here is what its neighbours are told.
      try transaction.sealAll()
      try transaction.noteDamages([])
      transaction.tell(
        .newLife(epoch: transaction.epoch, operation: operation, operatorName: operatorName))
      for link in try transaction.allLinks() {
        try transaction.dropAsides(link.id)
        try transaction.clearAllWants(link.id)
        try transaction.forgetAgreements(link.id)
        try transaction.change(link.id) { link in
          (link.ticket, link.last, link.next) = (nil, nil, nil)
          // A child that is an old copy itself counts from where it stood.
          if !link.isUpstream { link.requests = 0 }
          link.isRefilling = true
          (link.cursor, link.pushed, link.acknowledged) = (0, 0, 0)
          (link.orders, link.ordersAcknowledged) = (0, 0)
          (link.etag, link.held, link.heldEtag) = (nil, nil, nil)
          link.isInStep = nil
          link.operatorNeeded = nil
        }
      }
    }
  }

  /// Answers one call of a session of a child.
  package func answer(_ call: SyncCall, from peer: SiteCode) throws -> SyncReply {
    try SyncServer(node: self).answer(call, from: peer)
  }
}
