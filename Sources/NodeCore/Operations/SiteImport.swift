import Library
import Replication
import SiteGroup
import Storage

/// Registers sites below this one. What the registry knows under another parent stays as it is.
struct SiteImport: Operation {
  static let spec = OperationSpec(
    "site", "import", zh: "导入下级站点名单", en: "imports the list of sites below this one",
    changes: true,
    [
      .positional(
        "file", "FILE", zh: "以制表符分隔，首行为表头：code kind name short site",
        en: "separated by tabs, under the header code kind name short site",
        content: .inputFile)
    ])

  static let fileBytesMax = 16 << 20

  struct Output: Answer {
    var sites = 0
    var added = 0
    var changed = 0
    var unchanged = 0
    /// This site's own row, and sites that another one registered.
    var skipped = 0

    func text(_ language: Language) -> String {
      language == .zh
        ? "共 \(sites) 个站点：新增 \(added)，修改 \(changed)，未变 \(unchanged)，略过 \(skipped)"
        : "\(sites) sites: \(added) added, \(changed) changed, \(unchanged) unchanged, "
          + "\(skipped) skipped"
    }
  }

  let file: String

  init(_ arguments: Arguments) throws { file = try arguments.text("file") }

  func run(in context: OperationContext) throws -> Output {
    let text = try InputFile.text(of: file, bytesMax: SiteImport.fileBytesMax)
    let list: SitesFile
    do throws(RowFaults) {
      list = try SitesFile(text)
    } catch {
      throw Refusal.rows(of: file, error)
    }
    return try context.change { try take(list, $0, $1.directory) }
  }

  private func take(
    _ list: SitesFile, _ transaction: Transaction, _ directory: Directory
  ) throws -> Output {
    var output = Output()
    output.sites = list.rows.count
    let tree = directory.tree
    for row in list.rows {
      let known = tree.sites[row.code]
      if row.code == directory.site || (known != nil && known?.parent != directory.site) {
        output.skipped += 1
        continue
      }
      let edit = SiteRecord.register(
        row.code, name: row.name, kind: row.kind, state: known == nil ? .expected : nil,
        by: directory.site)
      let isWritten = try transaction.write(edit)
      if known == nil {
        output.added += 1
      } else if isWritten {
        output.changed += 1
      } else {
        output.unchanged += 1
      }
    }
    return output
  }
}
