import Glibc
import NodeCore

/// A folder in a node's directory where a store is made whole before it is moved into place, so
/// that whoever is killed on the way leaves no half of one.
struct StoreStage {
  /// What SQLite keeps beside a database.
  private static let suffixes = ["", "-wal", "-shm"]

  private let directory: NodeDirectory
  let folder: String
  private var made: String { "\(folder)/\(Node.storeName)" }
  private var present: String { "\(directory.path)/\(Node.storeName)" }

  init(_ directory: NodeDirectory, name: String) {
    self.directory = directory
    folder = "\(directory.path)/\(name)"
  }

  /// An empty folder, whatever a process that was killed has left there.
  func begin() throws(Refusal) {
    clear()
    guard mkdir(folder, 0o700) == 0 else { throw OutputFile.failure(folder) }
  }

  func clear() {
    for suffix in StoreStage.suffixes + ["-journal"] { unlink(made + suffix) }
    rmdir(folder)
  }

  /// Puts the store in its place, in one step. The one that is there keeps `name`.
  func moveIn(keepingOldAs name: String) throws(Refusal) {
    let kept = "\(directory.path)/\(name)"
    for suffix in StoreStage.suffixes { unlink(kept + suffix) }
    // A store that opens has been folded into one file: what lies beside one is of one that does
    // not, and would be taken for the new one's.
    for suffix in StoreStage.suffixes.dropFirst() where access(present + suffix, F_OK) == 0 {
      guard rename(present + suffix, kept + suffix) == 0 else {
        throw OutputFile.failure(directory.path)
      }
    }
    // A second name, where the file system has such, so that at no moment there is no store.
    if access(present, F_OK) == 0, link(present, kept) != 0, rename(present, kept) != 0 {
      throw OutputFile.failure(directory.path)
    }
    try OutputFile.flush(made)
    guard rename(made, present) == 0 else { throw OutputFile.failure(directory.path) }
    try OutputFile.flush(directory.path)
  }
}
