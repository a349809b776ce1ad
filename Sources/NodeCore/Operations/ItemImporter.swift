import Library
import Replication
import SiteGroup
import Storage

/// Takes the lines of one import, one by one. A line that cannot be taken never stops the others.
struct ItemImporter {
  struct Line {
    let number: Int
    let octets: [UInt8]
    /// What became of the files that it names, by the names that it gives them.
    var files: [String: Result<Attachment, Refusal>] = [:]
  }

  private enum Effect { case added, changed, unchanged }

  let offsetMinutes: Int
  let isHistory: Bool
  private var output = ItemImport.Output()
  private var seen: Set<RecordID> = []
  private var unknownNames: [String] = []
  private var columnsByName: [[UInt8]: ColumnRecord] = [:]
  private var backDated: (count: Int, limit: Int64) = (0, 0)

  init(offsetMinutes: Int, isHistory: Bool) {
    self.offsetMinutes = offsetMinutes
    self.isHistory = isHistory
  }

  mutating func take(_ line: Line, _ writer: ItemWriter) throws {
    do {
      var item: ItemLine
      do {
        item = try ItemLine(line.octets, offsetMinutes: offsetMinutes)
      } catch {
        throw Refusal(error)
      }
      if let names = item.attachments {
        let files = try names.map { name in
          guard let file = line.files[name] else { throw Refusal(.unreadableFile, name, "") }
          return try file.get()
        }
        item.changes.attachments = try Attachment.list([], adding: files)
      }
      switch try take(item, line.number, writer) {
      case .added: output.added += 1
      case .changed: output.changed += 1
      case .unchanged: output.unchanged += 1
      }
    } catch let refusal as Refusal {
      output.refused.append(
        ItemImport.Output.Refused(
          line: line.number, reason: refusal.reason.rawValue, subject: refusal.subject,
          details: refusal.details))
    }
  }

  func finished(text: (Int64) -> String) -> ItemImport.Output {
    var output = output
    if backDated.count > 0 {
      output.warnings.append(
        Notice(.backDated, String(backDated.count), text(backDated.limit)))
    }
    return output
  }

  // MARK: one line

  private mutating func take(
    _ line: ItemLine, _ number: Int, _ writer: ItemWriter
  ) throws -> Effect {
    do {
      try ItemChecks.check(externalID: line.externalID)
      try ItemChecks.check(line.changes)
    } catch {
      throw Refusal(error)
    }
    let key = RecordKey.item(writer.site, externalID: line.externalID)
    note(line, key, number)
    let columns = try line.columns.map { try self.columns($0, writer.library) }
    let item = ItemRecord(try writer.transaction.record(key)?.record)
    if line.state == .withdrawn {
      return try withdraw(line, key, over: item, number, writer)
    }
    if item == nil, columns?.isEmpty ?? true { throw Refusal(.missingField, "column") }
    if line.state == .draft { return try draft(line, key, columns, over: item, writer) }
    if item == nil { noteDate(line, writer.transaction.now) }
    return try publish(line, key, columns, over: item, number, writer)
  }

  private mutating func publish(
    _ line: ItemLine, _ key: RecordKey, _ columns: [ColumnRecord]?, over item: ItemRecord?,
    _ number: Int, _ writer: ItemWriter
  ) throws -> Effect {
    let terms = ItemWriter.Terms(
      columns: columns, isCoedited: line.isCoedited, externalID: line.externalID,
      life: line.state == .archived ? .archived : .published, isMigrated: isHistory)
    let isChanged = try writer.publish(key, line.changes, terms, over: item)
    if try writer.transaction.draft(key) != nil { try writer.transaction.dropDraft(key) }
    if line.state == .published, isChanged, item?.state == .withdrawn {
      output.warnings.append(Notice(.staysWithdrawn, line.externalID, line: number))
    } else if line.state == .published, isChanged, item?.state == .archived {
      output.warnings.append(Notice(.staysArchived, line.externalID, line: number))
    }
    return item == nil ? .added : isChanged ? .changed : .unchanged
  }

  private func draft(
    _ line: ItemLine, _ key: RecordKey, _ columns: [ColumnRecord]?, over item: ItemRecord?,
    _ writer: ItemWriter
  ) throws -> Effect {
    if let item, item.record.isPurged { throw Refusal(.purged, item) }
    let old = try writer.transaction.draft(key)
    let isChanged = try writer.transaction.setDraft(
      ItemDraft.writing(
        line.changes, columns: columns?.map(\.key), isCoedited: line.isCoedited,
        externalID: line.externalID, over: old, key: key))
    return item == nil && old == nil ? .added : isChanged ? .changed : .unchanged
  }

  /// What is only a draft goes. What is not here needs no withdrawal, where the line holds a whole
  /// item; a line that names nothing else was meant for an item.
  private mutating func withdraw(
    _ line: ItemLine, _ key: RecordKey, over item: ItemRecord?, _ number: Int,
    _ writer: ItemWriter
  ) throws -> Effect {
    guard let item else {
      if try writer.transaction.draft(key) != nil {
        try writer.transaction.dropDraft(key)
        return .changed
      }
      if line.changes.isEmpty { throw Refusal(.unknownID, line.externalID) }
      output.warnings.append(Notice(.notHere, line.externalID, line: number))
      return .unchanged
    }
    let tree = writer.library.directory.tree
    do {
      guard let edit = try item.withdrawing(by: writer.site, in: tree, reason: "") else {
        return .unchanged
      }
      try writer.write([edit])
    } catch let fault as ItemRefusal {
      throw Refusal(fault, item)
    }
    return .changed
  }

  // MARK: warnings

  private mutating func note(_ line: ItemLine, _ key: RecordKey, _ number: Int) {
    for name in line.unknownNames where !unknownNames.contains(name) {
      guard unknownNames.count < ItemLimits.listCountMax else { break }
      unknownNames.append(name)
      output.warnings.append(Notice(.unknownField, name, line: number))
    }
    if !seen.insert(key.id).inserted {
      output.warnings.append(Notice(.repeatedExternalID, line.externalID, line: number))
    }
  }

  private mutating func noteDate(_ line: ItemLine, _ now: Int64) {
    guard !isHistory, let date = line.changes.times[.publishedAt] ?? nil else { return }
    backDated.limit = now - ItemLimits.backDatedMilliseconds
    if date < backDated.limit { backDated.count += 1 }
  }

  /// Columns by name, each looked up once.
  private mutating func columns(
    _ names: [String], _ library: SiteLibrary
  ) throws -> [ColumnRecord] {
    guard names.count <= ItemLimits.columnsMax else {
      throw Refusal(.badField, "columns", "…", "≤ \(ItemLimits.columnsMax)")
    }
    var columns: [ColumnRecord] = []
    for name in names {
      let octets = Array(name.utf8)
      let column = try columnsByName[octets] ?? library.openColumn(name)
      columnsByName[octets] = column
      if !columns.contains(where: { $0.key == column.key }) { columns.append(column) }
    }
    return columns
  }
}
