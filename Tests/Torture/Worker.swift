import Bytes
import Foundation
import Glibc
import Replication
import SiteGroup
import Simulation

/// One client of one site: calls commands at random, one after another, and keeps the ledger. The
/// items that it makes are its own: nobody else edits them at their origin.
struct Worker {
  let site: Site
  let bench: Bench
  let ledger: Ledger
  let name: String
  var client: Client
  var dice: Dice
  /// The tokens of its items.
  var tokens: [String] = []
  var made = 0
  var dueNumber: Int

  /// Beyond this many items of its own it works on those that are there.
  private static let itemsMax = 450

  init(_ site: Site, number: Int, _ bench: Bench, _ ledger: Ledger, seed: UInt64) {
    self.site = site
    self.bench = bench
    self.ledger = ledger
    name = "\(site.code)w\(number)"
    dice = Dice(seed: seed)
    client = Client(site: site, bench: bench, name: name, dice: Dice(seed: seed ^ 0x5EED))
    // Minutes that no other worker gives a mandate.
    dueNumber = 1000 + number + 10 * ((Site.all.firstIndex { $0.code == site.code } ?? 0) + 1)
  }

  mutating func work() {
    while !bench.isOver {
      act()
      Moment.pause(Double(10 + dice.below(120)) / 1000)
    }
  }

  private mutating func act() {
    let isFull = tokens.count >= Worker.itemsMax
    switch dice.below(100) {
    case 0..<16: if isFull { edit() } else { add() }
    case 16..<24: importLines()
    case 24..<42: edit()
    case 42..<46: withdraw()
    case 46..<50: reissue()
    case 50..<57: placeOrUnplace()
    case 57..<60: look()
    case 60..<74: synchronize()
    default: if site.kind == "county" { offer() } else { actAbove() }
    }
  }

  private mutating func actAbove() {
    switch dice.below(26) {
    case 0..<7: holdOrRelease()
    case 7..<9: withdrawOrReissueBelow()
    case 9..<14: placeOrUnplaceBelow()
    case 14..<17: issue()
    case 17..<19: lift()
    case 19..<23: review()
    default: mapOrUnmap()
    }
  }

  // MARK: its own items

  mutating func newToken() -> String {
    made += 1
    return "\(name)n\(made)"
  }

  /// One of its items that may be spoken to by its id.
  mutating func ownItem() -> LedgerBook.Item? {
    let now = Moment.now()
    for _ in 0..<5 {
      guard let token = dice.pick(tokens) else { return nil }
      let item = ledger.read { $0.items[token] }
      if let item, item.id != nil, item.belief.quietUntil < now,
        item.belief.possible != [.absent]
      {
        return item
      }
    }
    return nil
  }

  /// The next version of an item.
  func nextVersion(_ token: String) -> Int {
    ledger.write { book in
      book.items[token]?.versions += 1
      return book.items[token]?.versions ?? 0
    }
  }

  /// Writes a file to attach, sometimes of several parts on the line; its number.
  mutating func newFile(for token: String) -> Int {
    let number = ledger.write { book in
      book.filesCount += 1
      book.items[token]?.attachments.insert(book.filesCount)
      return book.filesCount
    }
    let size = dice.chance(perMille: 60) ? 1_500_000 + dice.below(1_000_000) : dice.below(60_000)
    let path = bench.attachment(number)
    let folder = String(path.dropLast(Bench.attachmentName.count + 1))
    let content = AttachmentContent.octets(number, size: size + 1)
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try Data(content).write(to: URL(fileURLWithPath: path))
    } catch {
      bench.tally.fail("cannot write \(path)")
    }
    return number
  }

  func decode<Value: Decodable>(_ type: Value.Type, _ told: Told) -> Value? {
    guard case .done(let octets) = told else { return nil }
    do {
      return try JSONDecoder().decode(type, from: Data(octets))
    } catch {
      let head = String(decoding: octets.prefix(200), as: UTF8.self)
      bench.tally.fail("an answer without \(type): \(head)")
      return nil
    }
  }
}

/// The octets of a file, made from its number.
enum AttachmentContent {
  static func octets(_ number: Int, size: Int) -> [UInt8] {
    var dice = Dice(seed: UInt64(number))
    return dice.octets(size)
  }
}

/// Answers that name what they made.
struct IDAnswer: Decodable {
  let id: String
}
