import Foundation
import HTTPCore
import NodeCore
import Testing

@testable import Commands

@Suite struct `Files that hold a secret` {
  private let folder: URL
  private var directory: NodeDirectory { NodeDirectory(path: folder.path) }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func write(_ name: String, _ text: String, mode: Int) throws {
    let path = folder.appending(path: name).path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func store(_ credentials: String) -> String {
    "{blobs: {s3: {endpoint: 'http://h', bucket: 'abc', \(credentials)}}}"
  }

  @Test func `a configuration with a secret is read only where nobody else can`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = store("access_key_id: 'a', secret_access_key: 'hush'")
    for mode in [0o644, 0o640, 0o604] {
      try write(Configuration.fileName, text, mode: mode)
      let refusal = #expect(throws: Refusal.self) { try directory.configuration(.en) }
      #expect(refusal?.reason == .exposedSecret)
    }
    try write(Configuration.fileName, text, mode: 0o600)
    let settings = try directory.configuration(.en).objectStore?.settings
    #expect(settings?.secretAccessKey.text == "hush")
    // Without a secret in it, anybody may read it.
    try write(Configuration.fileName, "{watch: true}", mode: 0o644)
    _ = try directory.configuration(.en)
  }

  @Test func `a file of credentials beside it is read, and must be private too`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write(Configuration.fileName, store("credentials_file: 'c.json5'"), mode: 0o644)
    let missing = #expect(throws: Refusal.self) { try directory.configuration(.en) }
    #expect(missing?.reason == .unreadableFile)
    let text = "{access_key_id: 'AK', secret_access_key: 'hush'}"
    try write("c.json5", text, mode: 0o644)
    let exposed = #expect(throws: Refusal.self) { try directory.configuration(.en) }
    #expect(exposed?.reason == .exposedSecret && exposed?.subject.hasSuffix("c.json5") == true)
    try write("c.json5", text, mode: 0o600)
    let settings = try #require(try directory.configuration(.en).objectStore?.settings)
    #expect(settings.accessKeyID == "AK" && settings.secretAccessKey.text == "hush")
    try write("c.json5", "{access_key_id: 'AK', secret: 'hush'}", mode: 0o600)
    let wrong = #expect(throws: Refusal.self) { try directory.configuration(.en) }
    #expect(wrong?.reason == .configUnknownKey && wrong?.message(.en).contains("hush") == false)
  }
}
