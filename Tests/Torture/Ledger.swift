import Storage

/// An item as its origin writes it.
struct ItemState: Hashable, Sendable {
  var exists = false
  /// Title and body carry it.
  var version = 0
  /// The number of its file; 0 for none.
  var attachment = 0
  var isWithdrawn = false
  var epoch = 1
  /// Whether it stands in the second column too.
  var isNotice = false

  static let absent = ItemState()
}

/// What a site above wrote about an item.
struct LevelState: Hashable, Sendable {
  var isHeld = false
  var isWithdrawn = false
  /// Whether it stands in the site's own column of notices by hand.
  var isNotice = false
}

enum MandateState: Hashable, Sendable { case none, issued, lifted }
enum OfferState: String, Hashable, Sendable { case offered, adopted, returned }

/// Everything that clients asked for, and what they were told.
struct LedgerBook: Sendable {
  struct Item: Sendable {
    let token: String
    let site: String
    let externalID: String?
    /// Nil until it was told, or can be computed.
    var id: String?
    var belief = Belief(ItemState.absent)
    var versions = 0
    /// Numbers of files that some call named.
    var attachments: Set<Int> = []
    var offers = 0
  }

  struct LevelKey: Hashable, Sendable {
    let token: String
    let site: String
  }

  struct Mandate: Sendable {
    let site: String
    let token: String
    let to: [String]
    var id: String?
    var belief = Belief(MandateState.none)
  }

  struct Offer: Sendable {
    let token: String
    var belief = Belief(OfferState.offered)
  }

  struct Rule: Hashable, Sendable {
    let site: String
    let from: String
    let to: String
  }

  var items: [String: Item] = [:]
  var levels: [LevelKey: Belief<LevelState>] = [:]
  /// By the minutes that they leave, which no two have alike.
  var mandates: [Int: Mandate] = [:]
  /// Those that were told, by their ids.
  var offers: [String: Offer] = [:]
  var rules: [Rule: Belief<Bool>] = [:]
  var filesCount = 0
}

/// The ledger, shared by all clients.
final class Ledger: Sendable {
  private let book = Lock(LedgerBook())
  private let tally: Tally

  init(_ tally: Tally) { self.tally = tally }

  func read<T>(_ body: (LedgerBook) -> T) -> T { book.withLock { body($0) } }
  func write<T>(_ body: (inout LedgerBook) -> T) -> T { book.withLock { body(&$0) } }

  /// Notes the outcome of a call that changes one item at its origin.
  func note(_ told: Told, item token: String, _ what: String, _ change: (ItemState) -> ItemState?) {
    note(told, "\(what) \(token)") {
      $0.items[token]?.belief
    } set: {
      $0.items[token]?.belief = $1
    } change: {
      change($0)
    }
  }

  func note(
    _ told: Told, level key: LedgerBook.LevelKey, _ what: String,
    _ change: (LevelState) -> LevelState?
  ) {
    note(told, "\(what) \(key.token) at \(key.site)") {
      $0.levels[key] ?? Belief(LevelState())
    } set: {
      $0.levels[key] = $1
    } change: {
      change($0)
    }
  }

  func note<State>(
    _ told: Told, _ what: String, get: (LedgerBook) -> Belief<State>?,
    set: (inout LedgerBook, Belief<State>) -> Void, change: (State) -> State?
  ) {
    let isConsistent = book.withLock { book in
      guard var belief = get(book) else { return true }
      var isConsistent = true
      switch told {
      case .done: isConsistent = belief.done(change)
      case .unknown: belief.doubt(change)
      case .refused: break
      }
      set(&book, belief)
      return isConsistent
    }
    if !isConsistent { tally.fail("an answer that no state allows: \(what)") }
  }
}
