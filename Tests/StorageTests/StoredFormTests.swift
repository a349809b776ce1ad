import Bytes
import Replication
import Testing

@testable import Storage

@Suite struct StoredFormTests {
  @Test(arguments: [
    (1, 22_977, "6ee4121c97dc5edfb1ee0957416eaa1476f39f842cbfbba92a4b08d1f83d0356"),
    (2, 8_851, "c4216ad243a48e48c5b48cbc064ef3a4001553096d1b279899de43f4f2163ecc"),
  ])
  func `a number names the same dictionary for ever`(
    _ number: Int, _ count: Int, _ digest: String
  ) {
    let dictionary = number == 1 ? PresetDictionary.first : PresetDictionary.second
    #expect(dictionary.count == count)
    #expect(Hex.encode(DigestAlgorithm.sha256.digest(dictionary).bytes) == digest)
  }

  @Test func `form 2 has the same words for ever`() {
    var words: [UInt8] = []
    for number in 0..<WordCodes.count { words += PresetWords.codes[number] + [0x7c] }
    #expect(
      Hex.encode(DigestAlgorithm.sha256.digest(words).bytes)
        == "5bb6e51fdaea5badc774fb3fc2d6bfdfdda2ad681866d4247fd36d4434ba013b")
  }

  @Test func `no word is listed twice`() {
    let words = PresetWords.codes.list
    #expect(Set(words).count == words.count)
  }

  @Test func `dictionary 2 is its text, folded`() throws {
    let expander = WordExpander(PresetWords.codes)
    let text = try PresetDictionary.second.withUnsafeBufferPointer {
      try expander.expand($0, bytesMax: 1 << 20)
    }
    #expect(text == SecondDictionaryText.octets)
  }

  @Test(arguments: RecordCodec.dictionaries)
  func `records of every form are read`(_ dictionary: Int64) throws {
    let codec = RecordCodec()
    for text in ["", "九江市人民政府办公室关于印发管理办法的通知", "é\u{7f}\u{1e}𠀀"] {
      let bytes = Array(String(repeating: text, count: 9).utf8) + [0xff, 0x1e]
      let packed = codec.deflated(bytes, dictionary: dictionary)
      #expect(try codec.inflated(packed, dictionary: dictionary) == bytes)
      #expect(throws: Malformed.self) {
        try codec.inflated(packed.dropLast(), dictionary: dictionary)
      }
    }
    #expect(throws: Malformed.self) { try codec.inflated([3, 0], dictionary: 3) }
  }

  @Test func `a patched form is read whole or not at all`() throws {
    let codec = RecordCodec()
    let half = String(repeating: "通知", count: 150)
    let (old, new) = (Array((half + half).utf8), Array((half + "公告" + half).utf8))
    let digests = (DigestAlgorithm.sha256.digest(old), DigestAlgorithm.sha256.digest(new))
    let patch = RecordPatch(
      from: old, digests.0, to: new, digests.1, deflater: codec.patchDeflater)
    let base = PackedRecord(
      dictionary: 2, bytes: codec.deflated(old, dictionary: 2), digest: digests.0)
    let octets = try #require(PatchedForm(patch, on: base)).octets
    #expect(try codec.inflated(octets, dictionary: RecordCodec.patched) == new)
    for count in 0..<octets.count {
      #expect(throws: Malformed.self) {
        try codec.inflated(Array(octets.prefix(count)), dictionary: RecordCodec.patched)
      }
    }
    let short = PackedRecord(
      dictionary: 0, bytes: codec.deflated([1, 2], dictionary: 0), digest: digests.0)
    let other = try #require(PatchedForm(patch, on: short)).octets
    #expect(throws: Malformed.self) {
      try codec.inflated(other, dictionary: RecordCodec.patched)
    }
    let patched = PackedRecord(
      dictionary: RecordCodec.patched, bytes: octets, digest: digests.1)
    #expect(PatchedForm(patch, on: patched) == nil)
  }

  @Test func `a record that expands beyond the limit is refused in every form`() throws {
    let codec = RecordCodec()
    let most = [UInt8](repeating: 0x41, count: RecordLimits.bytesMax)
    for dictionary in RecordCodec.dictionaries {
      let more = codec.deflated(most + [0x41], dictionary: dictionary)
      #expect(throws: Malformed.self) { try codec.inflated(more, dictionary: dictionary) }
    }
  }

  @Test func `a peer gets the best dictionary that it announced`() {
    #expect(RecordCodec.best(of: []) == 0)
    #expect(RecordCodec.best(of: [0, 1]) == 1)
    #expect(RecordCodec.best(of: [1, 0, 2, 9]) == 2)
  }

  @Test func `form 2 is the smaller one for prose, names and digits`() {
    let codec = RecordCodec()
    let text = """
      <p style="text-indent: 2em;">各县区教育行政部门应当加强校车安全管理，龘靐齉等同学的家长请于\
      9月1日前登记，编号0123456789abcdef。</p>
      """
    let sizes = RecordCodec.dictionaries.map {
      codec.deflated(Array(text.utf8), dictionary: $0).count
    }
    #expect(sizes == sizes.sorted(by: >))
  }
}
