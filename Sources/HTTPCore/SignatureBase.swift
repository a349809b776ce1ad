import Bytes

/// What a signature covers and under which parameters: one member of Signature-Input, and the
/// octets that are signed. RFC 9421 §2.
struct SignatureInput: Sendable, Equatable {
  /// A component identifier: a derived name or a field name, with its parameters.
  struct Component: Sendable, Equatable {
    let name: String
    var ofRequest = false
    /// One member of a dictionary field.
    var key: String?

    init(_ name: String, ofRequest: Bool = false, key: String? = nil) {
      self.name = name
      self.ofRequest = ofRequest
      self.key = key
    }

    private var item: FieldItem {
      var item = FieldItem(value: .string(name))
      if ofRequest { item.parameters.append("req", .boolean(true)) }
      if let key { item.parameters.append("key", .string(key)) }
      return item
    }

    /// As `item` would be written.
    fileprivate func write(to output: inout [UInt8]) {
      BareItem.write(name, to: &output)
      if ofRequest { output.append(";req") }
      if let key {
        output.append(";key=")
        BareItem.write(key, to: &output)
      }
    }

    /// Nil for a parameter that is not understood here, or in another order than we write.
    fileprivate init?(_ item: FieldItem) {
      guard case .string(let name) = item.value else { return nil }
      self.init(name)
      if item.parameters.pairs.isEmpty { return }
      ofRequest = item.parameters["req"] == .boolean(true)
      if case .string(let key) = item.parameters["key"] { self.key = key }
      guard self.item == item else { return nil }
    }
  }

  let components: [Component]
  let parameters: FieldParameters

  init(components: [Component], parameters: FieldParameters) {
    self.components = components
    self.parameters = parameters
  }

  /// Nil for anything but a list of identifiers without repetition.
  init?(_ member: FieldMember) {
    guard case .innerList(let items, let parameters) = member else { return nil }
    var components: [Component] = []
    components.reserveCapacity(items.count)
    for item in items {
      guard let component = Component(item), !components.contains(component) else { return nil }
      components.append(component)
    }
    self.init(components: components, parameters: parameters)
  }

  /// What is signed, and where in it the member of Signature-Input begins.
  struct Base {
    fileprivate(set) var octets: [UInt8] = []
    fileprivate(set) var memberStart = 0

    var member: ArraySlice<UInt8> { octets[memberStart...] }
  }

  /// The octets that are signed; nil where the message lacks a component.
  func base(of message: SignedMessage) -> Base? {
    var base = Base()
    base.octets.reserveCapacity(512)
    for component in components {
      component.write(to: &base.octets)
      base.octets.append(.colon)
      base.octets.append(.space)
      guard message.write(component, to: &base.octets) else { return nil }
      base.octets.append(.lineFeed)
    }
    base.octets.append("\"@signature-params\": ")
    base.memberStart = base.octets.count
    write(to: &base.octets)
    return base
  }

  /// The member of Signature-Input.
  private func write(to output: inout [UInt8]) {
    output.append(UInt8(ascii: "("))
    for (index, component) in components.enumerated() {
      if index > 0 { output.append(.space) }
      component.write(to: &output)
    }
    output.append(UInt8(ascii: ")"))
    parameters.write(to: &output)
  }
}

/// A request, or a response with the request that it answers.
enum SignedMessage {
  case request(HTTPRequest)
  case response(HTTPResponse, to: HTTPRequest)

  /// Writes the value of a component; false where the message lacks it. RFC 9421 §2.1, §2.2, §2.4.
  func write(_ component: SignatureInput.Component, to output: inout [UInt8]) -> Bool {
    switch self {
    case .request(let request):
      return !component.ofRequest && Self.write(component, of: request, to: &output)
    case .response(let response, let request):
      if component.ofRequest { return Self.write(component, of: request, to: &output) }
      if component.name == "@status" {
        output.append(String(response.status))
        return true
      }
      return Self.write(component, of: response.fields, to: &output)
    }
  }

  private static func write(
    _ component: SignatureInput.Component, of request: HTTPRequest, to output: inout [UInt8]
  ) -> Bool {
    switch component.name {
    case "@method": output.append(request.method.name)
    case "@authority":
      let start = output.count
      _ = request.fields.write("host", to: &output)
      Authority.normalize(&output, from: start)
    case "@path": output.append(request.path)
    case "@query":
      output.append(.questionMark)
      output.append(request.query ?? "")
    default: return write(component, of: request.fields, to: &output)
    }
    return true
  }

  private static func write(
    _ component: SignatureInput.Component, of fields: HTTPFields, to output: inout [UInt8]
  ) -> Bool {
    let name = component.name
    let isField = name.withOctets { octets in
      octets.first != UInt8(ascii: "@") && octets.allSatisfy { $0.lowercased == $0 }
    }
    guard isField else { return false }
    if let key = component.key {
      guard let member = StructuredFieldParser.dictionary(name, in: fields)?[key] else {
        return false
      }
      member.write(to: &output)
      return true
    }
    return fields.write(name, to: &output)
  }
}
