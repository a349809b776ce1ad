import FoundationEssentials
import Replication

/// The secrets of a node, apart from its database: its own key at the upstream, its children's
/// keys, enrolment tokens. Never replicated, logged, or shown.
package struct KeyFile: Codable, Sendable, Equatable {
  /// Key of a link, hexadecimal.
  package struct LinkKey: Codable, Sendable, Equatable {
    package var site: String
    package var key: String
    /// Agreed on, and not used yet.
    package var next: Next?
    /// What `key` has replaced, while it still holds.
    package var previous: Previous?

    package struct Next: Codable, Sendable, Equatable {
      package var key: String
      package var clientNonce: String
      package var serverNonce: String
    }

    package struct Previous: Codable, Sendable, Equatable {
      package var key: String
      /// Milliseconds UTC.
      package var until: Int64
    }

    init(site: String, key: String) { (self.site, self.key) = (site, key) }
  }

  /// A token, by its digest alone, until it is used; then the answer that was given.
  package struct Token: Codable, Sendable, Equatable {
    package var site: String
    /// SHA-256 of the token: key-equivalent, erased on use.
    package var secret: String?
    package var expiresAt: Int64
    package var used: Use?

    package struct Use: Codable, Sendable, Equatable {
      package var clientNonce: String
      package var requestProof: String
      package var answer: String
    }
  }

  /// An enrolment under way: the same nonce gets the same answer after a lost reply.
  package struct Attempt: Codable, Sendable, Equatable {
    package var secret: String
    package var nonce: String
  }

  package var upstream: LinkKey?
  package var children: [LinkKey] = []
  package var tokens: [Token] = []
  package var attempt: Attempt?
  /// The nonce of a change of keys under way.
  package var rotation: String?
  /// Hashes of the operators' passwords; a file of an earlier version has none.
  package var operators: [OperatorSecret]?

  package init() {}
}

/// Where the secrets are kept. What `save` returned from is on the disk.
package protocol KeyVault: Sendable {
  /// An empty file where there is none yet.
  func load() throws -> KeyFile
  func save(_ file: KeyFile) throws
}
