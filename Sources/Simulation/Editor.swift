import Bytes
import NodeCore
import Replication
import SiteGroup
import Storage

/// One random editor at one site, at work in one transaction.
struct Editor {
  static let paths = ["news", "shared"]
  static let coeditedCell = "text"

  let setting: Setting
  let transaction: Transaction
  let serial: Int
  /// A file that has been taken in for this transaction.
  var attachment: Attachment?
  private(set) var isAttached = false
  /// What its work came to, for the trace and the counts.
  private(set) var said: [String] = []
  var happenings = Happenings()
  /// Attachments of items that were purged.
  private(set) var purged: [Attachment] = []
  let records: [RecordKey: Record]
  private let keys: [RecordKey]

  var site: SiteCode { transaction.site }
  var shape: TreeShape { setting.shape }

  init(_ setting: Setting, _ transaction: Transaction, serial: Int) throws {
    (self.setting, self.transaction, self.serial) = (setting, transaction, serial)
    var records: [RecordKey: Record] = [:]
    try transaction.records { records[$0.record.key] = $0.record }
    self.records = records
    keys = records.keys.sorted()
  }

  mutating func work(_ dice: inout Dice) throws {
    switch dice.below(100) {
    case ..<18: try publish(&dice)
    case ..<28: try revise(&dice)
    case ..<43: try coedit(&dice)
    case ..<54: try changeLife(&dice)
    case ..<56: try purge(&dice)
    case ..<68: try grant(&dice)
    case ..<76: try place(&dice)
    case ..<77: try hide(&dice)
    case ..<80: try defy(&dice)
    case ..<88: try map(&dice)
    case ..<92: try offerOrReview(&dice)
    case ..<93: try contact(&dice)
    case ..<95: try writeNewerKind(&dice)
    default: try mandate(&dice)
    }
  }

  // MARK: what is here

  func keys(of kind: RecordKind) -> [RecordKey] { keys.filter { $0.kind == kind } }

  var items: [RecordKey] {
    keys(of: .item).filter { records[$0]?.isPurged == false }
  }

  private var ownOrLowerItems: [RecordKey] {
    items.filter { $0.owner == site || shape.above($0.owner).contains(site) }
  }

  func text(_ what: String) -> String { "\(what) \(site) \(serial)" }

  mutating func write(_ edit: RecordEdit, _ what: String) throws {
    said.append("\(site) \(what) \(edit.key)")
    try transaction.write(edit)
  }

  func column(_ dice: inout Dice, of owner: SiteCode? = nil) -> RecordKey {
    .column(owner ?? site, path: dice.pick(Editor.paths) ?? "news")
  }

  /// Co-edited cells here in which several values stand.
  var conflicts: Int {
    records.values.filter {
      if case .coedited(let versions, _)? = $0.cell(Editor.coeditedCell) {
        return versions.count > 1
      }
      return false
    }.count
  }

  // MARK: items

  private mutating func publish(_ dice: inout Dice) throws {
    let key = RecordKey.item(site, externalID: "\(dice.below(3))")
    if records[key]?.isPurged == true { return }
    var edit = RecordEdit(key)
    edit.set(ItemField.title.rawValue, text("title"))
    let filling = dice.chance(perMille: 60) ? 40_000 : dice.below(300)
    edit.set(ItemField.body.rawValue, text("body") + String(repeating: "文", count: filling / 3))
    edit.set(ItemTimeField.publishedAt.rawValue, transaction.now)
    if let attachment {
      edit.set(Record.attachmentsCell, [attachment])
      isAttached = true
    }
    if records[key]?.rung(ItemRecord.Cell.life) == nil {
      edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.published.rawValue))
    }
    edit.set(ItemRecord.Cell.placed(column(&dice).id), dice.chance(perMille: 800))
    if dice.chance(perMille: 600) {
      edit.set(ItemRecord.Cell.coedited, true)
      edit.set(
        ItemRecord.Cell.coeditedIn, Editor.paths.map { RecordKey.column(site, path: $0) })
      edit[Editor.coeditedCell] = .coedited(text("text").canonical)
    }
    try write(edit, "publishes")
  }

  private mutating func revise(_ dice: inout Dice) throws {
    guard let key = dice.pick(items.filter { $0.owner == site }), let old = records[key] else {
      return
    }
    var edit = RecordEdit(key)
    let field = dice.pick([ItemField.title, .body]) ?? .title
    edit.set(field.rawValue, text(field.rawValue))
    if dice.chance(perMille: 300) {
      // Into one column and out of the other, in one change.
      let isFirst = dice.chance(perMille: 500)
      for (place, path) in Editor.paths.enumerated() {
        let column = RecordKey.column(site, path: path)
        edit.set(ItemRecord.Cell.placed(column.id), isFirst == (place == 0))
        if isFirst != (place == 0), ItemRecord(old).columns.contains(column) {
          happenings[.moved] += 1
        }
      }
    }
    try write(edit, "revises")
    if dice.chance(perMille: 200) { try writeNewerCell(key, &dice) }
  }

  private mutating func coedit(_ dice: inout Dice) throws {
    let permissions = self.permissions
    let coedited = items.filter {
      records[$0].map { permissions.mayWrite(site, Editor.coeditedCell, of: $0) } ?? false
    }
    let choices = dice.chance(perMille: 700) && !coedited.isEmpty ? coedited : items
    guard let key = dice.pick(choices), let record = records[key] else { return }
    var edit = RecordEdit(key)
    if record.cell(Editor.coeditedCell)?.join == .coedited,
      permissions.mayWrite(site, Editor.coeditedCell, of: record)
    {
      edit[Editor.coeditedCell] = .coedited(text("text").canonical)
      try write(edit, "co-edits")
    } else if key.owner != site, dice.chance(perMille: 150), setting.faults.contains(.poison) {
      edit.set(WriteRecorder.forbiddenCell, text("forbidden"))
      try write(edit, "writes what it may not in")
    }
  }

  private var permissions: WritePermissions {
    var tree = SiteTree()
    for key in keys(of: .site) { if let one = SiteRecord(records[key]) { tree.set(one) } }
    return WritePermissions(tree: tree) { [records] in ColumnRecord(records[$0]) }
  }

  private mutating func changeLife(_ dice: inout Dice) throws {
    guard let key = dice.pick(ownOrLowerItems), let record = records[key] else { return }
    let isOwn = key.owner == site
    let isHold = !isOwn && dice.chance(perMille: 500)
    let levels = isHold ? ItemRecord.Cell.hold(site) : ItemRecord.Cell.life(site)
    let cell = isOwn ? ItemRecord.Cell.life : levels
    let old = record.rung(cell) ?? Rung(epoch: 1, rung: 0)
    let top: UInt64 = isHold ? 1 : LifeRung.withdrawn.rawValue
    var new = Rung(
      epoch: old.epoch,
      rung: max(old.rung, isHold || dice.chance(perMille: 500) ? top : LifeRung.archived.rawValue))
    if old.rung == top, dice.chance(perMille: 400) {
      new = Rung(epoch: old.epoch + 1, rung: isHold ? 0 : LifeRung.published.rawValue)
      happenings[.reissued] += 1
    }
    var edit = RecordEdit(key)
    edit[cell] = .rung(new)
    try write(edit, "\(cell) \(new.epoch).\(new.rung) of")
  }

  private mutating func purge(_ dice: inout Dice) throws {
    guard let key = dice.pick(ownOrLowerItems) else { return }
    var edit = RecordEdit(key)
    edit.set(Record.purgeCell, true)
    purged += records[key]?.attachmentsOfAllVersions ?? []
    try write(edit, "purges")
  }

  // MARK: columns and placements

  private mutating func grant(_ dice: inout Dice) throws {
    guard let other = dice.pick(shape.codes.filter { $0 != site }) else { return }
    let grant =
      dice.chance(perMille: 400)
      ? ColumnGrant.none : dice.chance(perMille: 700) ? .contribute : .read
    var edit = RecordEdit(column(&dice))
    edit.set(ColumnRecord.Cell.grant(other), grant.rawValue)
    try write(edit, "grants \(other) \(grant)")
  }

  private mutating func place(_ dice: inout Dice) throws {
    let columns = keys(of: .column).filter {
      ColumnRecord(records[$0])?.grant(site) == .contribute
    }
    guard let column = dice.pick(columns), let item = dice.pick(items) else { return }
    let isPlaced = dice.chance(perMille: 700)
    try write(
      PlacementRecord.edit(
        item, in: column, cause: PlacementCause(site: site, kind: .manual),
        path: isPlaced ? [] : nil),
      isPlaced ? "places" : "unplaces")
  }

  private mutating func hide(_ dice: inout Dice) throws {
    let placed = keys(of: .placement).filter { $0.owner == site }
    guard let key = dice.pick(placed) else { return }
    var edit = RecordEdit(key)
    edit.set(PlacementRecord.Cell.hide, dice.chance(perMille: 600))
    try write(edit, "hides or shows")
  }

  /// Takes out what a mandate placed: it must come back while the mandate stands.
  private mutating func defy(_ dice: inout Dice) throws {
    let causes = keys(of: .placement).filter { $0.owner == site }.flatMap { key in
      (PlacementRecord(records[key])?.causes ?? []).filter { $0.kind == .mandate }
        .map { (key, $0) }
    }
    guard let (key, cause) = dice.pick(causes) else { return }
    var edit = RecordEdit(key)
    edit.set(cause.cell, false)
    if dice.chance(perMille: 300) { edit.set(PlacementRecord.Cell.hide, true) }
    try write(edit, "takes out what \(cause.id?.description ?? "") placed")
  }

  // MARK: submissions, contacts

  private mutating func offerOrReview(_ dice: inout Dice) throws {
    let offered = keys(of: .submission).filter {
      SubmissionRecord(records[$0])?.column?.owner == site
    }
    if let key = dice.pick(offered), let submission = SubmissionRecord(records[key]) {
      var edit = RecordEdit(key)
      let isAdopted = dice.chance(perMille: 600)
      edit[SubmissionRecord.Cell.verdict] = .rung(Rung(epoch: 1, rung: isAdopted ? 2 : 1))
      edit.set(SubmissionRecord.Cell.opinion, text("opinion"))
      try write(edit, "reviews")
      guard isAdopted, let item = submission.item, let column = submission.column else { return }
      var placed = PlacementRecord.edit(
        item, in: column, cause: PlacementCause(site: site, kind: .submission, id: key.id),
        path: [])
      if let snapshot = submission.snapshot { placed.set(PlacementRecord.Cell.snapshot, snapshot) }
      return try write(placed, "adopts")
    }
    guard let parent = shape.parents[site],
      let item = dice.pick(items.filter { $0.owner == site }), let record = records[item]
    else { return }
    let title = ItemRecord(record).title
    var snapshot = RecordEdit(.named(.snapshot, of: site, by: title))
    snapshot.set(SnapshotRecord.Cell.item, item)
    snapshot.set(ItemField.title.rawValue, title)
    try write(snapshot, "pins")
    let column = column(&dice, of: parent)
    var offer = RecordEdit(SubmissionRecord.key(offering: snapshot.key, to: column, by: site))
    offer.set(SubmissionRecord.Cell.item, item)
    offer.set(SubmissionRecord.Cell.column, column)
    offer.set(SubmissionRecord.Cell.snapshot, snapshot.key)
    try write(offer, "offers")
  }

  private mutating func contact(_ dice: inout Dice) throws {
    var edit = RecordEdit(.named(.contact, of: site, by: "1"))
    edit.set("name", text("contact"))
    try write(edit, "contact")
  }
}
