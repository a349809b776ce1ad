import Bytes

/// Named objects of octets somewhere else: what an object store can do, as far as blobs need it.
/// Names are of `[0-9a-z/]`. Faults are those of the place; a missing object is none.
package protocol ObjectStore: Sendable {
  /// For people: where it is. Without secrets.
  var place: String { get }

  /// Nil where there is no such object.
  func size(of name: String) throws(BlobFault) -> Int64?
  /// Exactly the octets of the range; nil where there is no such object, or it is shorter.
  func octets(of name: String, in range: Range<Int64>) throws(BlobFault) -> [UInt8]?
  /// Puts the file there under the name, whole or not at all, without holding it in memory.
  func put(_ name: String, file: String, size: Int64, sha256: Digest) throws(BlobFault)
  /// Gives an object another name too.
  func copy(_ name: String, to other: String) throws(BlobFault)
  func remove(_ name: String) throws(BlobFault)
  /// Names with the beginning, in order, after one; empty at the end.
  func names(from beginning: String, after name: String?) throws(BlobFault) -> [String]
  /// Whether it can be used at all.
  func probe() throws(BlobFault)
}
