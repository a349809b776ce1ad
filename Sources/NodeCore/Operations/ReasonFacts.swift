import HTTPCore

extension Reason {
  /// Whether its details are words of the system, of the other end or of the program: nothing that
  /// the caller wrote.
  var tellsCause: Bool {
    switch self {
    case .unreadableFile, .ioError, .unreachable, .retryLater, .incompatible, .malformed,
      .damagedStore, .addressInUse, .daemonLost, .operatorNeeded, .wrongState, .notABackup,
      .blobStoreUnreachable, .blobStoreDenied:
      true
    default: false
    }
  }
}

/// What follows from a reason: for the shell, for the client that called, for the reader.
package struct ReasonFacts: Sendable {
  /// 1 found something, 2 wrong use, 3 unreachable, 4 refused.
  package let exitStatus: Int32
  /// What a client does about it.
  package let problem: ProblemDetails.Class
  package let httpStatus: Int
  /// `{0}` is the subject, `{1}` … the details.
  package let words: Words
  /// What to do; shown only where all that it names is known.
  package let hint: Words?

  typealias Hint = (zh: String, en: String)

  private init(
    _ exitStatus: Int32, _ problem: ProblemDetails.Class, _ httpStatus: Int, _ zh: String,
    _ en: String,
    _ hint: Hint?
  ) {
    self.exitStatus = exitStatus
    self.problem = problem
    self.httpStatus = httpStatus
    self.words = Words(zh: zh, en: en)
    self.hint = hint.map { Words(zh: $0.zh, en: $0.en) }
  }

  /// The call is wrong as it stands.
  static func wrongUse(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(2, .itemRejected, 400, zh, en, hint)
  }

  /// The call names something that is not there.
  static func unknown(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(2, .itemRejected, 404, zh, en, hint)
  }

  /// What was handed in cannot be taken.
  static func rejected(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .itemRejected, 422, zh, en, hint)
  }

  /// A rule or a state stands against it.
  static func refused(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .itemRejected, 409, zh, en, hint)
  }

  /// The caller may not do it.
  static func forbidden(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .itemRejected, 403, zh, en, hint)
  }

  /// Keys or tokens do not fit.
  static func reauth(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .reauth, 401, zh, en, hint)
  }

  /// Somebody has to look.
  static func operatorNeeded(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .operatorNeeded, 500, zh, en, hint)
  }

  /// The two programs do not understand each other.
  static func incompatible(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .incompatible, 409, zh, en, hint)
  }

  /// Later it may work.
  static func later(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(4, .retryLater, 503, zh, en, hint)
  }

  /// The neighbour does not answer.
  static func unreachable(_ zh: String, _ en: String, hint: Hint? = nil) -> ReasonFacts {
    ReasonFacts(3, .retryLater, 503, zh, en, hint)
  }
}
