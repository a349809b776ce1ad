import Bytes
import Replication
import SQLite
import Storage

extension Refusal {
  /// The refusal that an error of any layer means: the one place where that is decided.
  /// `directory` is the node's, for messages.
  package static func of(_ error: any Error, directory: String = "") -> Refusal {
    switch error {
    case let refusal as Refusal: refusal
    case let malformed as Malformed: Refusal(.malformed, "@\(malformed.offset)", malformed.what)
    case let fault as StoreFault: of(fault, directory)
    case let error as SQLiteError: of(error, directory)
    case let fault as BlobFault: of(fault, directory)
    default: Refusal(.internal, String(describing: error))
    }
  }

  private static func of(_ fault: StoreFault, _ directory: String) -> Refusal {
    switch fault {
    case .missing: Refusal(.notANode, directory)
    case .newerSchema(let version): Refusal(.newerSchema, String(version))
    case .algorithmIsFixed: Refusal(.incompatible, directory, "digest")
    case .damaged(let what): Refusal(.damagedStore, directory, what)
    case .damagedRecord(let key): Refusal(.damagedStore, directory, key.description)
    }
  }

  private static func of(_ error: SQLiteError, _ directory: String) -> Refusal {
    switch error.kind {
    case .full: Refusal(.diskFull, directory)
    case .readOnly: Refusal(.readOnly, directory)
    case .busy: Refusal(.storeBusy, directory)
    case .corrupt: Refusal(.damagedStore, directory, error.message)
    case .input: Refusal(.ioError, directory, error.message)
    case .other: Refusal(.internal, error.description)
    }
  }

  private static func of(_ fault: BlobFault, _ directory: String) -> Refusal {
    switch fault {
    case .missing(let digest): Refusal(.unknownID, digest.description)
    case .damaged(let digest): Refusal(.damagedStore, directory, digest.description)
    case .full: Refusal(.diskFull, directory)
    case .readOnly: Refusal(.readOnly, directory)
    case .input(let path, let what): Refusal(.ioError, path, what)
    case .unreachable(let place, let what): Refusal(.blobStoreUnreachable, place, what)
    case .denied(let place, let what): Refusal(.blobStoreDenied, place, what)
    }
  }
}

extension BlobFault {
  /// The place where blobs are kept, and why it cannot be used, in English; nil for other faults.
  package var cause: String? {
    switch self {
    case .unreachable(let place, let what), .denied(let place, let what): "\(place): \(what)"
    case .missing, .damaged, .full, .readOnly, .input: nil
    }
  }
}
