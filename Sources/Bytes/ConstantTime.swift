/// Whether two secrets are equal, in a time that depends on their length alone.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for position in a.indices { difference |= a[position] ^ b[position] }
  return difference == 0
}
