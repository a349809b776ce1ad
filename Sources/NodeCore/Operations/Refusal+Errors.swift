import Bytes

extension Refusal {
  /// The refusal that an error of any layer means. The one place where that is decided.
  package static func of(_ error: any Error) -> Refusal {
    switch error {
    case let refusal as Refusal: refusal
    case let malformed as Malformed: Refusal(.malformed, "@\(malformed.offset)", malformed.what)
    default: Refusal(.internal, String(describing: error))
    }
  }
}
