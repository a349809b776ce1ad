/// Whether both hold the same octets. Eight at a time: `==` goes octet by octet, and records are
/// thousands long.
package func areEqual(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  return a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let wordsEnd = a.count & ~7
      var at = 0
      while at < wordsEnd {
        let word = a.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        if word != b.loadUnaligned(fromByteOffset: at, as: UInt64.self) { return false }
        at &+= 8
      }
      while at < a.count {
        if a[at] != b[at] { return false }
        at &+= 1
      }
      return true
    }
  }
}
