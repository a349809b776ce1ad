import Bytes
import Storage

/// What all parts of a run share.
final class Bench: Sendable {
  let options: TortureOptions
  let tally = Tally()
  let clocks: ClockFaults
  let startTimes = StartTimes()
  let environment: [String: String]
  private let over = Lock(false)

  init(_ options: TortureOptions) {
    self.options = options
    clocks = ClockFaults(library: options.clockLibrary)
    environment = ["SITEGROUP_OPERATOR": "torture", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
  }

  func directory(of site: Site) -> String { "\(options.directory)/\(site.code)" }

  /// Faults and clients stop.
  var isOver: Bool { over.withLock { $0 } }
  func finish() { over.withLock { $0 = true } }

  /// Looks at a store that a killed process has left.
  func check(_ site: Site, copy name: String, waiting seconds: Double) {
    let copy = "\(options.directory)/copy-\(site.code)-\(name)"
    switch StoreCheck.verdict(of: directory(of: site), copy: copy, waiting: seconds) {
    case "ok": tally.add("checks", "integrity ok")
    case let verdict:
      tally.add("checks", "damaged")
      tally.fail("the store of \(site.code) after a kill: \(verdict)")
    }
  }

  /// A file for an attachment, the same octets for the same number; its path.
  func attachment(_ number: Int) -> String {
    "\(options.directory)/files/\(number)/\(Bench.attachmentName)"
  }

  static let attachmentName = "附件.bin"
}
