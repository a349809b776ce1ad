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

    fileprivate var item: FieldItem {
      var item = FieldItem(value: .string(name))
      if ofRequest { item.parameters.append("req", .boolean(true)) }
      if let key { item.parameters.append("key", .string(key)) }
      return item
    }

    /// Nil for a parameter that is not understood here, or in another order than we write.
    fileprivate init?(_ item: FieldItem) {
      guard case .string(let name) = item.value else { return nil }
      self.init(name)
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
    for item in items {
      guard let component = Component(item), !components.contains(component) else { return nil }
      components.append(component)
    }
    self.init(components: components, parameters: parameters)
  }

  var member: FieldMember { .innerList(components.map(\.item), parameters) }

  /// The octets that are signed; nil where the message lacks a component.
  func base(of message: SignedMessage) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    for component in components {
      guard let value = message.value(of: component) else { return nil }
      component.item.write(to: &output)
      output.append(.colon)
      output.append(.space)
      output.append(contentsOf: value)
      output.append(.lineFeed)
    }
    output.append(contentsOf: "\"@signature-params\": ".utf8)
    member.write(to: &output)
    return output
  }
}

/// A request, or a response with the request that it answers.
enum SignedMessage {
  case request(HTTPRequest)
  case response(HTTPResponse, to: HTTPRequest)

  /// RFC 9421 §2.1, §2.2, §2.4.
  func value(of component: SignatureInput.Component) -> [UInt8]? {
    switch self {
    case .request(let request):
      return component.ofRequest ? nil : Self.value(of: component, in: request)
    case .response(let response, let request):
      if component.ofRequest { return Self.value(of: component, in: request) }
      if component.name == "@status" { return Array(String(response.status).utf8) }
      return Self.field(component, response.fields)
    }
  }

  private static func value(
    of component: SignatureInput.Component, in request: HTTPRequest
  ) -> [UInt8]? {
    switch component.name {
    case "@method": Array(request.method.name.utf8)
    case "@authority": Array(request.authority.utf8)
    case "@path": Array(request.path.utf8)
    case "@query": Array("?".utf8) + Array((request.query ?? "").utf8)
    default: field(component, request.fields)
    }
  }

  private static func field(
    _ component: SignatureInput.Component, _ fields: HTTPFields
  ) -> [UInt8]? {
    if component.name.utf8.first == UInt8(ascii: "@") { return nil }
    guard component.name.utf8.allSatisfy({ $0.lowercased == $0 }) else { return nil }
    guard let key = component.key else { return fields.octets(of: component.name) }
    return StructuredFieldParser.dictionary(component.name, in: fields)?[key]?.serialized
  }
}
