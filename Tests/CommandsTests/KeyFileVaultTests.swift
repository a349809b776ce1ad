@testable import Commands
import FoundationEssentials
import Glibc
import NodeCore
import Testing

@Suite struct `The file of a node's secrets` {
  private let shell: Shell
  private var vault: KeyFileVault { KeyFileVault(directory: shell.directory) }

  init() throws {
    shell = try Shell()
  }

  @Test func `what was saved is loaded again, and only its owner may read it`() throws {
    #expect(try vault.load() == KeyFile())
    let json = #"{"children":[{"key":"00ff","site":"360423"}],"tokens":[]}"#
    let file = try AnswerJSON.decode(KeyFile.self, from: Array(json.utf8))
    try vault.save(file)
    try vault.save(file)
    #expect(try vault.load() == file)
    var status = stat()
    #expect(stat("\(shell.directory)/keys.json", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: shell.directory) == ["keys.json"])
  }

  @Test func `a damaged file is refused without its text`() throws {
    let path = "\(shell.directory)/keys.json"
    try Data(#"{"children":[{"site":"1","key":"#.utf8).write(to: URL(filePath: path))
    #expect(throws: Refusal(.damagedStore, path, "JSON")) { try vault.load() }
  }
}
