/// The octets of one file, and which changes to them a loss of power may still undo.
final class SimulatedFile {
  static let sectorOctets = 512

  private(set) var octets: [UInt8]
  /// In the order in which they were made; the first is of what is on the disk.
  private var changes: [Change] = []
  var locks = FileLocks()
  var sharedMemory: SharedMemory?

  private struct Change {
    let offset: Int
    /// Nil where the file was cut at `offset`.
    let written: [UInt8]?
    let before: [UInt8]
    let sizeBefore: Int
    var fate = Fate.open
  }

  private enum Fate {
    case open, kept
    /// A flush that failed covered it: no later one does.
    case missed
  }

  init(_ octets: [UInt8] = []) { self.octets = octets }

  var count: Int { octets.count }

  func write(_ new: UnsafeRawBufferPointer, at offset: Int) {
    let end = min(offset + new.count, count)
    changes.append(
      Change(
        offset: offset, written: Array(new),
        before: offset < end ? Array(octets[offset..<end]) : [], sizeBefore: count))
    SimulatedFile.write(new, at: offset, in: &octets)
  }

  func cut(to size: Int) {
    guard size < count else { return }
    changes.append(
      Change(offset: size, written: nil, before: Array(octets[size...]), sizeBefore: count))
    octets.removeLast(count - size)
  }

  func sync() {
    if changes.contains(where: { $0.fate == .missed }) {
      for index in changes.indices where changes[index].fate == .open {
        changes[index].fate = .kept
      }
    } else {
      changes.removeAll(keepingCapacity: true)
    }
  }

  /// As Linux has it: what a failed flush did not bring to the disk counts as clean from then on.
  func missSync() {
    for index in changes.indices where changes[index].fate == .open {
      changes[index].fate = .missed
    }
  }

  /// A medium that decays changes both what is read and what is on the disk.
  func flip(bit: Int) {
    guard octets.indices.contains(bit / 8) else { return }
    octets[bit / 8] ^= 1 << UInt8(bit % 8)
  }

  /// What is there after a loss of power that undid every change which was not flushed.
  var durableOctets: [UInt8] {
    var octets = flushedOctets
    for change in changes where change.fate == .kept {
      SimulatedFile.redo(change, in: &octets) { _ in true }
    }
    return octets
  }

  /// The power fails: each change that is not flushed survives, is torn at a sector, or is lost.
  func crash(_ dice: (Int) -> Int) {
    var octets = flushedOctets
    for change in changes {
      switch change.fate == .kept ? 0 : dice(3) {
      case 0: SimulatedFile.redo(change, in: &octets) { _ in true }
      case 1: SimulatedFile.redo(change, in: &octets) { _ in dice(2) == 0 }
      default: break
      }
    }
    self.octets = octets
    changes = []
  }

  private var flushedOctets: [UInt8] {
    var octets = octets
    for change in changes.reversed() {
      if octets.count > change.sizeBefore {
        octets.removeLast(octets.count - change.sizeBefore)
      }
      change.before.withUnsafeBytes {
        SimulatedFile.write($0, at: change.offset, in: &octets)
      }
    }
    return octets
  }

  /// Makes a change again, as far as its sectors survive; a cut is whole or has not happened.
  private static func redo(
    _ change: Change, in octets: inout [UInt8], where survives: (Int) -> Bool
  ) {
    guard let written = change.written else {
      if octets.count > change.offset, survives(0) {
        octets.removeLast(octets.count - change.offset)
      }
      return
    }
    written.withUnsafeBytes { new in
      var start = change.offset
      while start < change.offset + new.count {
        let end = min((start / sectorOctets + 1) * sectorOctets, change.offset + new.count)
        if survives(start / sectorOctets) {
          let part = (start - change.offset)..<(end - change.offset)
          write(UnsafeRawBufferPointer(rebasing: new[part]), at: start, in: &octets)
        }
        start = end
      }
    }
  }

  private static func write(
    _ new: UnsafeRawBufferPointer, at offset: Int, in octets: inout [UInt8]
  ) {
    if new.isEmpty { return }
    let end = offset + new.count
    if end > octets.count { octets += [UInt8](repeating: 0, count: end - octets.count) }
    octets.withUnsafeMutableBytes { target in
      UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: new)
    }
  }
}
