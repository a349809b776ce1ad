import Bytes

/// A value that a cell can hold, in canonical CBOR.
package protocol CellValue {
  init(_ reader: inout CBORReader) throws(Malformed)
  func write(to writer: inout CBORWriter)
}

extension CellValue {
  package var canonical: [UInt8] {
    var writer = CBORWriter()
    write(to: &writer)
    return writer.bytes
  }

  package init?(canonical: [UInt8]) {
    var reader = CBORReader(canonical)
    guard let value = try? Self(&reader), reader.isAtEnd else { return nil }
    self = value
  }
}

extension String: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) { self = try reader.text() }
  package func write(to writer: inout CBORWriter) { writer.text(self) }
}

extension Int64: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) { self = try reader.integer() }
  package func write(to writer: inout CBORWriter) { writer.integer(self) }
}

extension Bool: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) { self = try reader.bool() }
  package func write(to writer: inout CBORWriter) { writer.bool(self) }
}

extension SiteCode: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) { self = try reader.siteCode() }
  package func write(to writer: inout CBORWriter) { writer.text(text) }
}

extension RecordKey: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) { self = try reader.recordKey() }
  package func write(to writer: inout CBORWriter) { writer.recordKey(self) }
}

extension Digest: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) {
    let start = reader.offset
    guard let digest = Digest(try reader.octets()) else {
      throw Malformed("a digest has 32 octets", at: start)
    }
    self = digest
  }
  package func write(to writer: inout CBORWriter) { writer.octets(bytes) }
}

extension Array: CellValue where Element: CellValue {
  package init(_ reader: inout CBORReader) throws(Malformed) {
    var elements: [Element] = []
    for _ in 0..<(try reader.array()) { elements.append(try Element(&reader)) }
    self = elements
  }
  package func write(to writer: inout CBORWriter) {
    writer.array(count)
    for element in self { element.write(to: &writer) }
  }
}

extension Record {
  package func rung(_ name: String) -> Rung? {
    if case .rung(let rung, _)? = cell(name) { return rung }
    return nil
  }
}
