import SyncProtocol
import Testing

@Suite struct SyncSessionTests {
  private typealias Event = SyncSession.Event

  private func steps(_ scope: SyncSession.Scope, _ events: [Event]) -> [SyncSession.Step] {
    var session = SyncSession(scope)
    return [session.begin()] + events.map { session.next(after: $0) }
  }

  private func polled(
    modified: Bool = true, reconcile: Bool = false, pending: Bool = false, held: Bool = false
  ) -> Event {
    .polled(
      isModified: modified, needsReconcile: reconcile,
      pending: SyncSession.Pending(orders: false, others: pending), isHeld: held)
  }

  private func pushed(
    _ pending: Bool = false, orders: Bool = false, noOrders: Bool = false
  ) -> Event {
    .pushed(SyncSession.Pending(orders: orders, others: pending), hasNoOrders: noOrders)
  }

  private func pulled(
    _ count: Int = 0, more: Bool = false, pending: Bool = false, orders: Bool = false,
    equal: Bool = true, held: Bool = false
  ) -> Event {
    .pulled(
      count: count, hasMore: more,
      pending: SyncSession.Pending(orders: orders, others: pending), isEqual: equal, isHeld: held)
  }

  @Test func `where nothing has changed, nothing is asked`() {
    let quiet = polled(modified: false)
    #expect(steps(.both, [quiet]) == [.poll, .finished(.inStep)])
    #expect(steps(.pullOnly, [quiet]) == [.poll, .finished(.inStep)])
    let pending = polled(modified: false, pending: true)
    #expect(steps(.pullOnly, [pending]) == [.poll, .finished(.exchanged)])
  }

  @Test func `a session pushes all, pulls all, and compares`() {
    let events = [
      polled(pending: true), pushed(true), pulled(pending: true, held: true), pushed(),
      pulled(5, more: true), pulled(2), pulled(),
    ]
    #expect(
      steps(.both, events) == [
        .poll, .push, .pullOrders, .push, .pull, .pull, .pull, .finished(.inStep),
      ])
  }

  @Test func `a push goes on at once where the upstream has no orders`() {
    let events = [
      polled(pending: true), pushed(true, noOrders: true),
      pushed(true, orders: true, noOrders: true), pushed(true), pulled(pending: true, held: true), pushed(noOrders: true), pulled(),
    ]
    #expect(
      steps(.both, events) == [
        .poll, .push, .push, .push, .pullOrders, .push, .pull, .finished(.inStep),
      ])
  }

  @Test func `orders of either end go between the pages of the other's`() {
    let events = [
      polled(), pulled(5, more: true, orders: true), pushed(), pulled(5, more: true), pulled(),
    ]
    #expect(
      steps(.both, events) == [
        .poll, .pull, .pushOrders, .pull, .pull, .finished(.inStep),
      ])
    #expect(steps(.pushOnly, [polled(pending: true), pushed(true)]) == [.poll, .push, .push])
  }

  @Test func `while it holds, a session exchanges orders alone`() {
    func held(_ events: [Event]) -> [SyncSession.Step] {
      var session = SyncSession(.both, holds: true)
      return [session.begin()] + events.map { session.next(after: $0) }
    }
    let waiting = pulled(pending: true, held: true)
    #expect(held([polled(pending: true), waiting]) == [.poll, .pullOrders, .finished(.held)])
    #expect(held([polled(modified: false, held: true)]) == [.poll, .finished(.held)])
    #expect(held([polled(modified: false, pending: true)]) == [.poll, .finished(.held)])
    #expect(held([polled(modified: false)]) == [.poll, .finished(.inStep)])
    let caused = [polled(), pulled(orders: true, held: true), pushed(true), waiting]
    #expect(held(caused) == [.poll, .pullOrders, .pushOrders, .pullOrders, .finished(.held)])
    #expect(held([polled(), pulled()]) == [.poll, .pullOrders, .finished(.inStep)])
  }

  @Test func `what a pull has caused is pushed in the same session`() {
    let events = [polled(), pulled(1), pulled(pending: true), pushed(), pulled()]
    #expect(steps(.both, events) == [.poll, .pull, .pull, .push, .pull, .finished(.inStep)])
  }

  @Test func `only what was asked for is done`() {
    let down = [polled(pending: true), pulled(pending: true)]
    #expect(steps(.pullOnly, down) == [.poll, .pull, .finished(.exchanged)])
    let up = [polled(pending: true), pushed()]
    #expect(steps(.pushOnly, up) == [.poll, .push, .finished(.exchanged)])
    #expect(steps(.pushOnly, [polled()]) == [.poll, .finished(.exchanged)])
  }

  @Test func `stores that differ are reconciled before anything moves`() {
    let begun = [polled(reconcile: true, pending: true), Event.reconciled(isDone: false)]
    #expect(steps(.both, begun) == [.poll, .reconcile, .reconcile])
    let done = begun + [.reconciled(isDone: true)]
    #expect(steps(.both, done).last == .push)
    #expect(steps(.pullOnly, done).last == .pull)
    #expect(steps(.both, [polled(), pulled(equal: false)]).last == .reconcile)
    let rebased = Event.failed(.problem(.rebaseRequired, ""))
    #expect(steps(.both, [polled(), rebased]).last == .reconcile)
  }

  @Test func `a session that never settles ends`() {
    var session = SyncSession(.both)
    var step = session.next(after: polled())
    var calls = 0
    while step == .pull || step == .reconcile || step == .push, calls < 1_000 {
      calls += 1
      switch step {
      case .reconcile: step = session.next(after: .reconciled(isDone: true))
      case .push: step = session.next(after: pushed())
      default: step = session.next(after: pulled(equal: false))
      }
    }
    #expect(step == .finished(.exchanged))
    #expect(calls < 4 * SyncLimits.roundsMax)
  }

  @Test func `a failure ends it, and is told`() {
    let failures: [SyncSession.Failure] = [
      .unreachable("no route"), .problem(.operatorNeeded, "clone"), .malformed("truncated"),
    ]
    for failure in failures {
      #expect(steps(.both, [polled(), .failed(failure)]).last == .finished(.failed(failure)))
    }
  }

  @Test func `limits agree with each other`() {
    #expect(SyncLimits.pageBytes < SyncLimits.bodyBytesMax)
    #expect(SyncLimits.roundsMax > 1)
  }
}
