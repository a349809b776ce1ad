/// Every reason for which something is refused. The raw value is the code that programs see.
package enum Reason: String, Sendable, CaseIterable {
  // The call itself.
  case usage
  case unknownCommand = "unknown_command"
  case incompleteCommand = "incomplete_command"
  case unknownOption = "unknown_option"
  case unexpectedArgument = "unexpected_argument"
  case missingArgument = "missing_argument"
  case missingValue = "missing_value"
  case flagTakesNoValue = "flag_takes_no_value"
  case repeatedOption = "repeated_option"
  case conflictingOptions = "conflicting_options"
  case badValue = "bad_value"
  case badBody = "bad_body"
  case unreadableFile = "unreadable_file"
  case fileTooLarge = "file_too_large"
  case notUTF8 = "not_utf8"
  case fileExists = "file_exists"
  case notABackup = "not_a_backup"

  // What the call names.
  case unknownID = "unknown_id"
  case ambiguousID = "ambiguous_id"
  case unknownSite = "unknown_site"
  case unknownColumn = "unknown_column"

  // The node and its directory.
  case notANode = "not_a_node"
  case nodeExists = "node_exists"
  case wouldReplace = "would_replace"
  case otherSite = "other_site"
  case readOnly = "read_only"
  case storeBusy = "store_busy"
  case daemonLost = "daemon_lost"
  case damagedStore = "damaged_store"
  case auditUnsound = "audit_unsound"
  case newerSchema = "newer_schema"
  case otherVersion = "other_version"
  case configUnknownKey = "config_unknown_key"
  case configInvalid = "config_invalid"
  case addressInUse = "address_in_use"
  case ioError = "io_error"
  case diskFull = "disk_full"
  case blobStoreUnreachable = "blob_store_unreachable"
  case blobStoreDenied = "blob_store_denied"
  case exposedSecret = "exposed_secret"
  case `internal` = "internal"

  // What comes in.
  case badLine = "bad_line"
  case badRow = "bad_row"
  case tooManyCells = "too_many_cells"
  case rowLacks = "row_lacks"
  case unknownMode = "unknown_mode"
  case repeatedRow = "repeated_row"
  case wrongHeader = "wrong_header"
  case missingDate = "missing_date"
  case missingField = "missing_field"
  case unknownField = "unknown_field"
  case badField = "bad_field"
  case notPublic = "not_public"
  case emptyFile = "empty_file"
  case attachmentChanged = "attachment_changed"
  case malformed

  // Links.
  case unreachable
  case noNodeThere = "no_node_there"
  case retryLater = "retry_later"
  case wrongKey = "wrong_key"
  case notEnrolled = "not_enrolled"
  case alreadyEnrolled = "already_enrolled"
  case tokenInvalid = "token_invalid"
  case noUpstream = "no_upstream"
  case badURL = "bad_url"
  case needsTLS = "needs_tls"
  case clockSkew = "clock_skew"
  case operatorNeeded = "operator_needed"
  case incompatible
  case quota

  // The site group's rules.
  case mandated
  case notOwner = "not_owner"
  case notPublished = "not_published"
  case alreadyWithdrawn = "already_withdrawn"
  case wrongState = "wrong_state"
  case notGranted = "not_granted"
  case columnExists = "column_exists"
  case notBelow = "not_below"
  case siteRetired = "site_retired"
  case noSites = "no_sites"
  case ownItem = "own_item"
  case itemExists = "item_exists"
  case alreadyOffered = "already_offered"
  case notUpward = "not_upward"
  case offerIncomplete = "offer_incomplete"

  // Operators.
  case unknownOperator = "unknown_operator"
  case operatorDisabled = "operator_disabled"
  case operatorExists = "operator_exists"
  case operatorLocked = "operator_locked"
  case roleMissing = "role_missing"
  case firstOperator = "first_operator"
  case lastAdministrator = "last_administrator"
  case ownWork = "own_work"
  case weakPassword = "weak_password"
  case wrongPassword = "wrong_password"

  // Lines of an import.
  case badJSON = "bad_json"
  case badText = "bad_text"
  case lineTooLong = "line_too_long"
}
