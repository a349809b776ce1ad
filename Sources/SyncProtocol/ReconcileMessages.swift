import Bytes
import Replication

/// `POST /sync/v1/reconcile`: the session's head with 22 whether a reconciliation begins; then
/// ranges of keys, no two of which overlap, each from `from` on and below `below` (no octets: to
/// the end), in one of two forms:
///
///     [32, from, below, count, sum]     compare: count and sum of the digests the client holds
///     [33, from, below]                 list: each key that the client holds follows
///     [30, key, digest, sent]           …with its digest, and whether the client would send it
package struct ReconcileRequest: Sendable, Equatable {
  package struct Held: Sendable, Equatable {
    package let key: RecordKey
    package let digest: Digest
    package let isSent: Bool

    package init(key: RecordKey, digest: Digest, isSent: Bool) {
      self.key = key
      self.digest = digest
      self.isSent = isSent
    }
  }

  package struct Compared: Sendable, Equatable {
    package let range: KeyRange
    package let fingerprint: Fingerprint

    package init(range: KeyRange, fingerprint: Fingerprint) {
      self.range = range
      self.fingerprint = fingerprint
    }
  }

  package struct Listed: Sendable, Equatable {
    package let range: KeyRange
    package var held: [Held]

    package init(range: KeyRange, held: [Held]) {
      self.range = range
      self.held = held
    }

    /// All keys, and none of them is held.
    package static let nothing = Listed(range: .all, held: [])
  }

  package var head: SessionHead
  package var begins: Bool
  package var compared: [Compared]
  package var listed: [Listed]

  /// The client has agreed on nothing yet: no key of its own would tell anything.
  package var namesNothing: Bool { begins && listed == [.nothing] }

  package init(head: SessionHead, begins: Bool, compared: [Compared], listed: [Listed]) {
    self.head = head
    self.begins = begins
    self.compared = compared
    self.listed = listed
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    head = try SessionHead(fields)
    begins = fields.flag(22)
    (compared, listed) = ([], [])
    var keys = 0
    while !reader.isAtEnd {
      let start = reader.offset
      switch try reader.itemHead() {
      case (32, 5):
        let range = try reader.keyRange()
        let count = try reader.count()
        guard let sum = DigestSum(try reader.octets(count: Digest.byteCount)) else {
          throw Malformed("a sum has \(Digest.byteCount) octets", at: start)
        }
        compared.append(
          Compared(range: range, fingerprint: Fingerprint(count: count, sum: sum)))
      case (33, 3): listed.append(Listed(range: try reader.keyRange(), held: []))
      case (30, 4):
        let key = try reader.recordKey()
        let digest = try Digest(&reader)
        guard let last = listed.indices.last, listed[last].range.contains(key.octets) else {
          throw Malformed("a key outside its range", at: start)
        }
        listed[last].held.append(Held(key: key, digest: digest, isSent: try reader.bool()))
        keys += 1
      default: throw Malformed("not a range or a key", at: start)
      }
      guard keys <= SyncLimits.reconcileKeysMax,
        compared.count + listed.count <= SyncLimits.reconcileRangesMax
      else { throw Malformed("more keys or ranges than a request takes", at: start) }
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    head.write(to: &fields)
    fields.set(22, begins)
    var writer = CBORWriter()
    fields.write(to: &writer)
    for one in compared {
      writer.array(5)
      writer.unsigned(32)
      writer.keyRange(one.range)
      writer.unsigned(UInt64(one.fingerprint.count))
      writer.octets(one.fingerprint.sum.bytes)
    }
    for one in listed {
      writer.array(3)
      writer.unsigned(33)
      writer.keyRange(one.range)
      for held in one.held {
        writer.array(4)
        writer.unsigned(30)
        writer.recordKey(held.key)
        held.digest.write(to: &writer)
        writer.bool(held.isSent)
      }
    }
    return writer.bytes
  }
}

/// The answer: 1 server's epoch · 10 sequence before this request · 5 server's time; then
///
///     [31, key, answer]      a listed key: 1 the same · 2 send it · 3 it has left · 4 unknown
///     [34, place, count]     the so-manieth compared range, from 0, differs; the server's count
///
/// A compared range that is not named is equal; a listed key that is not named is the same.
package struct ReconcileResponse: Sendable, Equatable {
  package enum Answer: Int64, Sendable { case same = 1, send, left, unknown }

  package struct Answered: Sendable, Equatable {
    package let key: RecordKey
    package let answer: Answer

    package init(key: RecordKey, answer: Answer) {
      self.key = key
      self.answer = answer
    }
  }

  package struct Differing: Sendable, Equatable {
    package let place: Int
    package let count: Int

    package init(place: Int, count: Int) {
      self.place = place
      self.count = count
    }
  }

  package var epoch: [UInt8]
  package var head: Int64
  package var time: Int64
  package var answers: [Answered]
  package var differing: [Differing]

  package init(
    epoch: [UInt8], head: Int64, time: Int64, answers: [Answered], differing: [Differing]
  ) {
    self.epoch = epoch
    self.head = head
    self.time = time
    self.answers = answers
    self.differing = differing
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    epoch = try fields.octets(1)
    head = try fields.integer(10)
    time = try fields.integer(5)
    (answers, differing) = ([], [])
    while !reader.isAtEnd {
      let start = reader.offset
      switch try reader.itemHead() {
      case (31, 3):
        let key = try reader.recordKey()
        guard let answer = Answer(rawValue: try reader.integer()) else {
          throw Malformed("an unknown answer", at: start)
        }
        answers.append(Answered(key: key, answer: answer))
      case (34, 3):
        let place = try reader.count()
        differing.append(Differing(place: place, count: try reader.count()))
      default: throw Malformed("not an answer", at: start)
      }
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(1, epoch)
    fields.set(5, time)
    fields.set(10, head)
    var writer = CBORWriter()
    fields.write(to: &writer)
    for one in answers {
      writer.array(3)
      writer.unsigned(31)
      writer.recordKey(one.key)
      writer.integer(one.answer.rawValue)
    }
    for one in differing {
      writer.array(3)
      writer.unsigned(34)
      writer.unsigned(UInt64(one.place))
      writer.unsigned(UInt64(one.count))
    }
    return writer.bytes
  }
}

extension CBORReader {
  fileprivate mutating func keyRange() throws(Malformed) -> KeyRange {
    let from = try octets()
    let below = try octets()
    return KeyRange(from: from, below: below.isEmpty ? nil : below)
  }
}

extension CBORWriter {
  fileprivate mutating func keyRange(_ range: KeyRange) {
    octets(range.from)
    octets(range.below ?? [])
  }
}
