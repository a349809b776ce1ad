/// The texts that records are deflated with. A number, once shipped, names its text for ever.
package enum PresetDictionary {
  package static let first: [UInt8] = Array("<p style=\"text-indent: 2em;\">".utf8)
}
