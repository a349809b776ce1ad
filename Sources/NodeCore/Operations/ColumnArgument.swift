import Library
import Replication
import SiteGroup
import Storage

extension Directory {
  /// The column that an argument names.
  package func column(named text: String) throws(Refusal) -> ColumnRecord {
    do throws(ColumnFault) {
      return try resolve(text)
    } catch {
      throw Refusal(error, text)
    }
  }

  /// The same, refused where it is another site's.
  package func ownColumn(named text: String) throws(Refusal) -> ColumnRecord {
    let column = try column(named: text)
    guard column.owner == site else {
      throw Refusal(.notOwner, text, column.owner.text)
    }
    return column
  }

  /// A site of the registry.
  package func site(named text: String) throws(Refusal) -> SiteTree.Site {
    if let code = SiteCode(text), let site = tree.sites[code] { return site }
    let codes = tree.sites.keys.map(\.text)
    throw Refusal(.unknownSite, text, NearestName.of(text, among: codes) ?? "")
  }
}

extension Refusal {
  init(_ fault: ColumnFault, _ text: String) {
    switch fault {
    case .unknown(let paths):
      self.init(.unknownColumn, text, NearestName.of(text, among: paths) ?? "")
    case .ambiguous(let ids):
      self.init(.ambiguousID, text, ids.joined(separator: " "))
    }
  }

  /// Everything that is wrong with the rows of a file.
  static func rows(of file: String, _ faults: RowFaults) -> Refusal {
    let refusals = faults.faults.map { fault in
      let line = String(fault.line)
      return switch fault.what {
      case .header(let names): Refusal(.wrongHeader, file, names.joined(separator: " "))
      case .missing(let name): Refusal(.rowLacks, file, line, name)
      case .value(let name, let value): Refusal(.badRow, file, line, name, value)
      case .unknownMode(let printed): Refusal(.unknownMode, file, line, printed)
      case .repeats(let first): Refusal(.repeatedRow, file, line, String(first))
      case .tooManyCells(let count): Refusal(.tooManyCells, file, line, String(count))
      }
    }
    return Refusal(all: refusals) ?? Refusal(.malformed, file)
  }
}
