import Bytes
import Replication

/// Patches that came or were made lately: a change that has come from one neighbour goes to the
/// others as it came, and one that goes to many is made once. Only a memory: what it lacks is made
/// anew. Used under the store's lock.
package final class PatchMemory {
  static let octetsMax = 2 << 20
  /// What a patch takes beside its middle.
  private static let overheadOctets = 256

  private struct Name: Hashable {
    let base: Digest
    let result: Digest
  }

  private var patches: [Name: RecordPatch] = [:]
  /// The oldest first, from `head` on.
  private var order: [Name] = []
  private var head = 0
  private var octets = 0

  package init() {}

  package func patch(from base: Digest, to result: Digest) -> RecordPatch? {
    patches[Name(base: base, result: result)]
  }

  /// `patch` makes the record with digest `result` of the one with digest `base`.
  package func keep(_ patch: RecordPatch, from base: Digest, to result: Digest) {
    let name = Name(base: base, result: result)
    guard patches.updateValue(patch, forKey: name) == nil else { return }
    order.append(name)
    octets += Self.weight(patch)
    while octets > Self.octetsMax, head < order.count { forgetOldest() }
  }

  private func forgetOldest() {
    if let patch = patches.removeValue(forKey: order[head]) { octets -= Self.weight(patch) }
    head += 1
    if head > 1_024, head * 2 > order.count {
      order.removeFirst(head)
      head = 0
    }
  }

  private static func weight(_ patch: RecordPatch) -> Int {
    patch.middle.count + overheadOctets
  }
}
