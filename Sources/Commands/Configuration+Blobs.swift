import Glibc
import HTTPCore
import Networking
import NodeCore
import Storage

/// What the configuration says about an object store for attachments, before its credentials are
/// read where a file of their own holds them.
package struct ObjectStoreConfiguration: Sendable, Equatable {
  package enum Home: String, Sendable, CaseIterable { case s3, directory }

  /// Where attachments are to be: while they are moved back, the directory.
  package var home = Home.s3
  package var settings: S3Settings
  /// Holds the credentials in place of `settings`; relative to the node's directory.
  package var credentialsFile: String?
}

extension ConfigurationReader {
  private static let keys = ["keep_in", "s3"]
  private static let storeKeys = [
    "access_key_id", "bucket", "credentials_file", "endpoint", "path_style", "prefix", "region",
    "secret_access_key",
  ]

  /// `{ s3: { … }, keep_in: "s3" | "directory" }`.
  func blobs(_ value: JSON5) throws(Refusal) -> ObjectStoreConfiguration? {
    if case .null = value.value { return nil }
    var home = ObjectStoreConfiguration.Home.s3
    var store: ObjectStoreConfiguration?
    for member in try members(value, keys: Self.keys) {
      switch member.key {
      case "keep_in": home = try choice(member.value, ObjectStoreConfiguration.Home.self)
      default: store = try objectStore(member.value)
      }
    }
    guard var store else { throw wrong(value, "{ s3: { … } }") }
    store.home = home
    return store
  }

  private func objectStore(_ value: JSON5) throws(Refusal) -> ObjectStoreConfiguration {
    var endpoint: BaseURL?
    var (bucket, identifier, file): (String?, String?, String?)
    var secret: Secret?
    var (region, prefix, usesPathStyle) = ("us-east-1", "", true)
    for member in try members(value, keys: Self.storeKeys) {
      let value = member.value
      switch member.key {
      case "endpoint": endpoint = try url(value)
      case "bucket": bucket = try text(value, "\"my-bucket\"", where: S3Settings.isBucket)
      case "region": region = try text(value, "\"us-east-1\"", where: Self.isWord)
      case "prefix": prefix = try text(value, "\"a/b\"", where: S3Settings.isPrefix)
      case "path_style": usesPathStyle = try bool(value)
      case "access_key_id": identifier = try text(value, "\"AK…\"", where: Self.isWord)
      case "secret_access_key": secret = Secret(try text(value))
      default: file = try text(value)
      }
    }
    guard let endpoint, let bucket else {
      throw wrong(value, "{ endpoint: \"http://…\", bucket: \"…\", … }")
    }
    let isWhole = file == nil ? identifier != nil && secret != nil : secret == nil
    guard isWhole, file == nil || identifier == nil else {
      throw wrong(value, "access_key_id + secret_access_key | credentials_file")
    }
    return ObjectStoreConfiguration(
      settings: S3Settings(
        endpoint: endpoint, bucket: bucket, region: region, accessKeyID: identifier ?? "",
        secretAccessKey: secret ?? Secret(""), prefix: prefix, usesPathStyle: usesPathStyle),
      credentialsFile: file)
  }

  /// A file of `{ access_key_id: …, secret_access_key: … }` alone.
  func credentials(_ value: JSON5) throws(Refusal) -> (identifier: String, secret: Secret) {
    var identifier: String?
    var secret: Secret?
    for member in try members(value, keys: ["access_key_id", "secret_access_key"]) {
      if member.key == "access_key_id" {
        identifier = try text(member.value, "\"AK…\"", where: Self.isWord)
      } else {
        secret = Secret(try text(member.value))
      }
    }
    guard let identifier, let secret else {
      throw wrong(value, "{ access_key_id: \"…\", secret_access_key: \"…\" }")
    }
    return (identifier, secret)
  }

  private func url(_ value: JSON5) throws(Refusal) -> BaseURL {
    let text = try text(value)
    guard let url = try? BaseURL(text) else { throw wrong(value, "\"http://HOST:PORT\"") }
    let helper = SecureHelper(path: SecureHelper.installedPath)
    if url.needsTLS, !helper.isInstalled { throw Refusal(.needsTLS, text, helper.path) }
    return url
  }

  /// Printable ASCII without a blank, `/` or `,`: it stands in a field of a request.
  private static func isWord(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2F && $0 != 0x2C }
  }
}

extension NodeDirectory {
  /// The configuration with the credentials that a file of their own holds. What holds a secret
  /// must be for the eyes of its owner alone.
  func withCredentials(
    _ configuration: Configuration, _ language: Language
  ) throws(Refusal) -> Configuration {
    guard var store = configuration.objectStore else { return configuration }
    guard let name = store.credentialsFile else {
      try NodeDirectory.requirePrivate(configurationPath)
      return configuration
    }
    let file = name.utf8.first == 0x2F ? name : "\(path)/\(name)"
    try NodeDirectory.requirePrivate(file)
    let text = try InputFile.text(of: file, bytesMax: Configuration.fileBytesMax)
    let document: JSON5
    do {
      document = try JSON5(text)
    } catch {
      throw Refusal(.configInvalid, file, "\(error.place): \(error.words[language])")
    }
    let reader = ConfigurationReader(path: file, language: language)
    let found = try reader.credentials(document)
    store.settings.accessKeyID = found.identifier
    store.settings.secretAccessKey = found.secret
    var whole = configuration
    whole.objectStore = store
    return whole
  }

  private static func requirePrivate(_ path: String) throws(Refusal) {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      throw Refusal(.unreadableFile, path, String(cString: strerror(errno)))
    }
    if facts.st_mode & 0o077 != 0 { throw Refusal(.exposedSecret, path) }
  }
}
