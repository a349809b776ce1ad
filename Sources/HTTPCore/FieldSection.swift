/// The field lines of a head or of a trailer section as they come, bounded. RFC 9112 §5, §7.1.2.
struct FieldSection: Sendable {
  private(set) var fields = HTTPFields()
  private var bytes = 0

  /// Reads on; true once the empty line has been read.
  mutating func read(
    from input: inout InputBuffer, limits: HTTPLimits
  ) throws(HTTPFault) -> Bool {
    while true {
      switch input.line(bytesMax: limits.fieldLineBytesMax, allowing: .fieldLine) {
      case .partial:
        return false
      case .malformed:
        throw .badRequest("a field line holds a control character or a bare CR or LF")
      case .tooLong:
        throw HTTPFault(431, "a field line is too long")
      case .whole(let line):
        if line.isEmpty { return true }
        bytes += line.count
        guard fields.count < limits.fieldsCountMax, bytes <= limits.fieldsBytesMax else {
          throw HTTPFault(431, "too many fields")
        }
        try fields.append(line: line)
      }
    }
  }
}
