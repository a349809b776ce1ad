import Bytes
import Replication

/// `POST /sync/v1/reconcile`: the session's head with 20 the key after which the range begins ·
/// 21 its last key (missing: to the end) · 22 whether this is the first range; then every key that
/// the client holds in the range, with its digest, and whether the client would send it:
///
///     [30, key, digest, sent]
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

  package var head: SessionHead
  package var after: [UInt8]
  package var through: [UInt8]?
  package var begins: Bool
  package var held: [Held]

  package init(
    head: SessionHead, after: [UInt8], through: [UInt8]?, begins: Bool, held: [Held]
  ) {
    self.head = head
    self.after = after
    self.through = through
    self.begins = begins
    self.held = held
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    head = try SessionHead(fields)
    after = fields.optionalOctets(20) ?? []
    through = fields.optionalOctets(21)
    begins = fields.flag(22)
    held = []
    while !reader.isAtEnd {
      let start = reader.offset
      guard try reader.itemHead() == (30, 4) else {
        throw Malformed("not a key of a range", at: start)
      }
      let key = try reader.recordKey()
      let digest = try Digest(&reader)
      held.append(Held(key: key, digest: digest, isSent: try reader.bool()))
      guard held.count <= SyncLimits.reconcileKeysMax else {
        throw Malformed("more than \(SyncLimits.reconcileKeysMax) keys in a range", at: start)
      }
    }
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    head.write(to: &fields)
    fields.set(20, after)
    fields.set(21, through)
    fields.set(22, begins)
    var writer = CBORWriter(reserving: 64 + held.count * 64)
    fields.write(to: &writer)
    for one in held {
      writer.array(4)
      writer.unsigned(30)
      writer.recordKey(one.key)
      one.digest.write(to: &writer)
      writer.bool(one.isSent)
    }
    return writer.bytes
  }
}

/// The answer: 1 server's epoch · 10 sequence before reconciling · 5 server's time; then
///
///     [31, key, answer]      1 the same · 2 send it · 3 it has left · 4 unknown
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

  package var epoch: [UInt8]
  package var head: Int64
  package var time: Int64
  package var answers: [Answered]

  package init(epoch: [UInt8], head: Int64, time: Int64, answers: [Answered]) {
    self.epoch = epoch
    self.head = head
    self.time = time
    self.answers = answers
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    var reader = CBORReader(body)
    let fields = try MessageFields(&reader)
    epoch = try fields.octets(1)
    head = try fields.integer(10)
    time = try fields.integer(5)
    answers = []
    while !reader.isAtEnd {
      let start = reader.offset
      guard try reader.itemHead() == (31, 3) else { throw Malformed("not an answer", at: start) }
      let key = try reader.recordKey()
      guard let answer = Answer(rawValue: try reader.integer()) else {
        throw Malformed("an unknown answer", at: start)
      }
      answers.append(Answered(key: key, answer: answer))
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
    return writer.bytes
  }
}
