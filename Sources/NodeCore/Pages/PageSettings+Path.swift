import Glibc

extension PageSettings {
  /// One name for one directory, however it was written: without links, dots and the slash at the
  /// end. A directory that is not there yet is named after its parent's name.
  package static func canonical(_ path: String) -> String {
    if let found = resolved(path) { return found }
    let steps = path.split(separator: "/")
    guard let last = steps.last, last != ".", last != "..",
      let parent = resolved("/" + steps.dropLast().joined(separator: "/"))
    else { return path }
    return parent.utf8.last == 0x2F ? parent + last : "\(parent)/\(last)"
  }

  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
