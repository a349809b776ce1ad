import HTTPCore

/// Where a node keeps its blobs in an S3-compatible object store, and as whom.
package struct S3Settings: Sendable, Equatable {
  package var endpoint: BaseURL
  package var bucket: String
  package var region: String
  package var accessKeyID: String
  package var secretAccessKey: Secret
  /// Before all names; the site's code always follows, so that several nodes can share a bucket.
  package var prefix: String
  /// The bucket as the first segment of the path, and not in the name of the host.
  package var usesPathStyle: Bool

  package init(
    endpoint: BaseURL, bucket: String, region: String, accessKeyID: String,
    secretAccessKey: Secret, prefix: String = "", usesPathStyle: Bool = true
  ) {
    self.endpoint = endpoint
    self.bucket = bucket
    self.region = region
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.prefix = prefix
    self.usesPathStyle = usesPathStyle
  }

  /// 3–63 of lower case letters, digits, dots and hyphens, none of the last two at an end.
  package static func isBucket(_ name: String) -> Bool {
    func isAlphanumeric(_ octet: UInt8) -> Bool {
      (0x61...0x7A).contains(octet) || (0x30...0x39).contains(octet)
    }
    guard (3...63).contains(name.utf8.count), let first = name.utf8.first,
      let last = name.utf8.last, isAlphanumeric(first), isAlphanumeric(last)
    else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E }
  }

  /// Segments of letters, digits, `-`, `_` and `.`, without `/` at an end; empty for none.
  package static func isPrefix(_ prefix: String) -> Bool {
    if prefix.isEmpty { return true }
    return prefix.utf8.count <= 200
      && prefix.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.elementsEqual([0x2E]) && !$0.elementsEqual([0x2E, 0x2E])
          && $0.allSatisfy { octet in
            (0x61...0x7A).contains(octet) || (0x41...0x5A).contains(octet)
              || (0x30...0x39).contains(octet) || [0x2D, 0x2E, 0x5F].contains(octet)
          }
      }
  }
}
