import Bytes

/// A key and named cells, as canonical octets:
///
///     [[owner, kind, id], {name: cell …}]          deterministic CBOR; one cell at least
///
/// Never changed in place. Equal state, equal octets, equal digest. Where the cell `purge` stands,
/// no other does: purge beats every epoch and is final.
package struct Record: Sendable {
  package let key: RecordKey
  /// The canonical octets.
  package let bytes: [UInt8]
  /// Where its owner alone wrote it and each cell holds one version, as in most records: the
  /// greatest time of its stamps. What is asked of every cell is asked of such a record once.
  package let ownersTime: Int64?
  /// Sorted by the encoded name.
  private let slots: [Slot]
  /// A bit for the first letter of each name with a slash in it: most records have no name of most
  /// such families.
  private let families: UInt32

  private struct Slot: Sendable {
    let name: Range<Int>
    let cell: Range<Int>
    /// Of a cell that holds one version: asked for more often than any value.
    let stamp: Stamp?
  }

  package static let purgeCell = "purge"

  /// Parses octets from storage or from a peer; refuses what is not canonical.
  package init(canonical bytes: [UInt8]) throws(Malformed) {
    guard bytes.count <= RecordLimits.bytesMax else {
      throw Malformed("a record over \(RecordLimits.bytesMax) octets", at: 0)
    }
    var reader = CBORReader(bytes)
    guard try reader.array() == 2 else { throw Malformed("a record has two parts", at: 0) }
    key = try reader.recordKey()
    let count = try reader.map()
    guard (1...RecordLimits.cellsMax).contains(count) else {
      throw Malformed("a record has 1–\(RecordLimits.cellsMax) cells", at: reader.offset)
    }
    var slots: [Slot] = []
    slots.reserveCapacity(count)
    for _ in 0..<count {
      let name = try reader.textRange()
      guard (1...RecordLimits.nameOctetsMax).contains(name.count) else {
        throw Malformed(
          "a cell's name has 1–\(RecordLimits.nameOctetsMax) octets", at: name.lowerBound)
      }
      if let last = slots.last?.name, !Record.precedes(bytes[last], bytes[name]) {
        throw Malformed("cells are not sorted", at: name.lowerBound)
      }
      let start = reader.offset
      let stamp = try Cell.pass(&reader)
      slots.append(Slot(name: name, cell: start..<reader.offset, stamp: stamp))
    }
    try reader.end()
    self.bytes = bytes
    self.slots = slots
    ownersTime = Record.ownersTime(slots, key.owner)
    families = Record.families(slots, bytes)
    if count > 1, slot(Record.purgeCell) != nil {
      throw Malformed("a purged record has no other cells", at: 0)
    }
  }

  /// Makes a record of cells; nil where there are none.
  package init?(key: RecordKey, cells: [String: Cell]) {
    var kept = cells
    if let purge = cells[Record.purgeCell] { kept = [Record.purgeCell: purge] }
    let sorted = kept.map { (name: Array($0.key.utf8), cell: $0.value) }
      .sorted { Record.precedes($0.name[...], $1.name[...]) }
    self.init(key: key, sorted: sorted.map { ($0.name[...], $0.cell.canonical[...]) })
  }

  private init?(key: RecordKey, sorted: [(name: ArraySlice<UInt8>, cell: ArraySlice<UInt8>)]) {
    if sorted.isEmpty { return nil }
    var writer = CBORWriter(
      reserving: sorted.reduce(48) { $0 + $1.name.count + $1.cell.count + 2 })
    writer.array(2)
    writer.recordKey(key)
    writer.map(sorted.count)
    var ranges: [(name: Range<Int>, cell: Range<Int>)] = []
    ranges.reserveCapacity(sorted.count)
    for (name, cell) in sorted {
      writer.textOctets(name)
      let start = writer.bytes.count
      writer.raw(cell)
      ranges.append(((start - name.count)..<start, start..<(start + cell.count)))
    }
    let bytes = writer.bytes
    self.key = key
    self.bytes = bytes
    slots = ranges.map { name, cell in
      var reader = CBORReader(bytes, from: cell.lowerBound, to: cell.upperBound)
      return Slot(name: name, cell: cell, stamp: (try? CellHead(&reader))?.stamp)
    }
    ownersTime = Record.ownersTime(slots, key.owner)
    families = Record.families(slots, bytes)
  }

  private static func ownersTime(_ slots: [Slot], _ owner: SiteCode) -> Int64? {
    var greatest: Int64 = 0
    for slot in slots {
      guard let stamp = slot.stamp, stamp.author == owner else { return nil }
      greatest = max(greatest, stamp.time)
    }
    return greatest
  }

  private static func families(_ slots: [Slot], _ bytes: [UInt8]) -> UInt32 {
    var families: UInt32 = 0
    for slot in slots where bytes[slot.name].contains(0x2F) {
      families |= 1 << UInt32(bytes[slot.name.lowerBound] & 31)
    }
    return families
  }

  /// Whether names may begin with `prefix`.
  private func mayHaveNames(under prefix: String) -> Bool {
    guard let first = prefix.utf8.first, prefix.utf8.last == 0x2F else { return true }
    return families >> UInt32(first & 31) & 1 == 1
  }

  /// The order of names in canonical CBOR: shorter first, then by octets.
  private static func precedes(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
    a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
  }

  package var isPurged: Bool {
    slots.count == 1 && bytes[slots[0].name].elementsEqual(Record.purgeCell.utf8)
  }

  /// The names of all cells, in canonical order.
  package var names: [String] {
    slots.map { String(decoding: bytes[$0.name], as: UTF8.self) }
  }

  /// Names that begin with `prefix`, in canonical order.
  package func names(under prefix: String) -> [String] {
    guard mayHaveNames(under: prefix) else { return [] }
    var names: [String] = []
    for slot in slots where hasName(slot, beginningWith: prefix) {
      names.append(String(decoding: bytes[slot.name], as: UTF8.self))
    }
    return names
  }

  /// Names and stamps of all cells, in canonical order; no stamp where a cell holds a list.
  package var heads: [(name: String, stamp: Stamp?)] {
    slots.map { (String(decoding: bytes[$0.name], as: UTF8.self), $0.stamp) }
  }

  /// Whether a cell's name begins with `prefix`, and its rung is as asked for.
  package func hasCell(
    under prefix: String, where isSuch: (Rung?) -> Bool = { _ in true }
  ) -> Bool {
    guard mayHaveNames(under: prefix) else { return false }
    for slot in slots where hasName(slot, beginningWith: prefix) {
      var reader = reader(slot)
      if isSuch((try? CellHead(&reader))?.rung) { return true }
    }
    return false
  }

  private func hasName(_ slot: Slot, beginningWith prefix: String) -> Bool {
    guard slot.name.count >= prefix.utf8.count else { return false }
    var at = slot.name.lowerBound
    for octet in prefix.utf8 {
      if bytes[at] != octet { return false }
      at += 1
    }
    return true
  }

  package func cell(_ name: String) -> Cell? { slot(name).flatMap { decoded($0) } }

  /// The stamp of a cell that holds one version, without decoding its value; nil where there is no
  /// such cell, or it holds a list.
  package func stamp(_ name: String) -> Stamp? { slot(name)?.stamp }

  package var cells: [String: Cell] {
    var cells: [String: Cell] = [:]
    for slot in slots {
      cells[String(decoding: bytes[slot.name], as: UTF8.self)] = decoded(slot)
    }
    return cells
  }

  /// Co-edited cells in which several versions stand, whose authors had not seen each other's: the
  /// one that shows last. In canonical order of their names.
  package var contested: [(name: String, versions: [CellVersion])] {
    if ownersTime != nil { return [] }
    return slots.compactMap { slot in
      // The join's number follows the head of the cell's array: no other cell is decoded.
      guard UInt64(bytes[slot.cell.lowerBound + 1]) == CellJoin.coedited.rawValue,
        case .coedited(let versions, _)? = decoded(slot), versions.count > 1
      else { return nil }
      return (String(decoding: bytes[slot.name], as: UTF8.self), versions)
    }
  }

  /// Every site that wrote a cell, sorted.
  package var authors: [SiteCode] {
    if ownersTime != nil { return [key.owner] }
    var authors: [SiteCode] = []
    for slot in slots {
      if let author = slot.stamp?.author {
        // Most records have one author: no set is needed to find that out.
        if !authors.contains(author) { authors.append(author) }
      } else {
        for author in decoded(slot)?.authors ?? [] where !authors.contains(author) {
          authors.append(author)
        }
      }
    }
    return authors.count > 1 ? authors.sorted() : authors
  }

  /// The greatest stamp of its cells.
  package var newest: Stamp? {
    slots.compactMap { $0.stamp ?? decoded($0)?.stamps.max() }.max()
  }

  /// Names are short, and records have few: most are told apart by their length.
  private func slot(_ name: String) -> Slot? {
    let count = name.utf8.count
    for slot in slots where slot.name.count == count {
      if hasName(slot, beginningWith: name) { return slot }
    }
    return nil
  }

  private func decoded(_ slot: Slot) -> Cell? {
    var reader = reader(slot)
    return try? Cell(&reader)
  }

  private func reader(_ slot: Slot) -> CBORReader {
    CBORReader(bytes, from: slot.cell.lowerBound, to: slot.cell.upperBound)
  }

  /// The value of a latest or co-edited cell; nil where it is missing or of another type.
  package func value<Value: CellValue>(_ name: String, as type: Value.Type = Value.self) -> Value? {
    slot(name).flatMap { value($0) }
  }

  /// The octets that follow `prefix` in each name that begins with it, and the cell's value, in
  /// canonical order.
  package func eachValue<Value: CellValue>(
    under prefix: String, as type: Value.Type, _ body: (ArraySlice<UInt8>, Value?) -> Void
  ) {
    guard mayHaveNames(under: prefix) else { return }
    for slot in slots where hasName(slot, beginningWith: prefix) {
      body(bytes[slot.name].dropFirst(prefix.utf8.count), value(slot))
    }
  }

  private func value<Value: CellValue>(_ slot: Slot) -> Value? {
    var reader = reader(slot)
    guard let head = try? CellHead(&reader), head.isSingle, head.join == .latest else {
      return decoded(slot)?.winner.flatMap { Value(canonical: $0) }
    }
    guard let value = try? Value(&reader), reader.isAtEnd else { return nil }
    return value
  }
}

extension Record {
  /// What joining gave.
  package struct Joined: Sendable {
    package let record: Record
    /// Cells of the first record that changed or are new, in canonical order.
    package let changed: [String]
    /// Whether it is a record: within the bounds, and each cell can be read again. Nobody stores or
    /// sends what is not.
    package let isSound: Bool

    fileprivate init(_ record: Record, _ changed: [String], isSound: Bool = true) {
      self.record = record
      self.changed = changed
      self.isSound =
        isSound && record.bytes.count <= RecordLimits.bytesMax
        && record.slots.count <= RecordLimits.cellsMax
    }
  }

  /// The join of two copies of one record: commutative, associative, idempotent.
  package func joined(with other: Record) -> Joined {
    precondition(key == other.key)
    if areEqual(bytes[...], other.bytes[...]) || (isPurged && !other.isPurged) {
      return Joined(self, [])
    }
    if other.isPurged && !isPurged { return Joined(other, [Record.purgeCell]) }
    var merged: [(name: ArraySlice<UInt8>, cell: ArraySlice<UInt8>)] = []
    merged.reserveCapacity(max(slots.count, other.slots.count))
    var changed: [String] = []
    var isSound = true
    var (i, j) = (0, 0)
    while i < slots.count || j < other.slots.count {
      if j == other.slots.count
        || i < slots.count
          && Record.precedes(bytes[slots[i].name], other.bytes[other.slots[j].name])
      {
        merged.append((bytes[slots[i].name], bytes[slots[i].cell]))
        i += 1
      } else if i == slots.count
        || Record.precedes(other.bytes[other.slots[j].name], bytes[slots[i].name])
      {
        let name = other.bytes[other.slots[j].name]
        merged.append((name, other.bytes[other.slots[j].cell]))
        changed.append(String(decoding: name, as: UTF8.self))
        j += 1
      } else {
        let name = bytes[slots[i].name]
        let mine = bytes[slots[i].cell]
        if let cell = joinedCell(slots[i], other, other.slots[j]) {
          if !areEqual(mine, cell.octets) { changed.append(String(decoding: name, as: UTF8.self)) }
          isSound = isSound && cell.isSound
          merged.append((name, cell.octets))
        } else {
          merged.append((name, mine))
        }
        i += 1
        j += 1
      }
    }
    if changed.isEmpty { return Joined(self, []) }
    return Joined(Record(key: key, sorted: merged) ?? self, changed, isSound: isSound)
  }

  /// Nil where both are the same.
  private func joinedCell(
    _ slot: Slot, _ other: Record, _ otherSlot: Slot
  ) -> (octets: ArraySlice<UInt8>, isSound: Bool)? {
    let (a, b) = (bytes[slot.cell], other.bytes[otherSlot.cell])
    if areEqual(a, b) { return nil }
    guard let mine = decoded(slot), let theirs = other.decoded(otherSlot) else { return (a, false) }
    let joined = mine.joined(with: theirs)
    return (joined.canonical[...], joined.isSound)
  }

  /// Whether this copy holds all that the other does.
  package func covers(_ other: Record) -> Bool { joined(with: other).changed.isEmpty }

  /// This record with only the named cells; nil where none remains.
  package func keeping(_ keep: (String) -> Bool) -> Record? {
    Record(
      key: key,
      sorted: slots.compactMap { slot in
        keep(String(decoding: bytes[slot.name], as: UTF8.self))
          ? (bytes[slot.name], bytes[slot.cell]) : nil
      })
  }
}
