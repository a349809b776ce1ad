import Bytes
import Storage

extension FuzzTarget {
  static let fold = FuzzTarget(
    name: "fold",
    seeds: {
      let record = Hex.decode("011b000001a22dcc3668663336303432331b000001a22dcc366866333630343233")
      let octets: [[UInt8]] = [
        Array("<p>九江市人民政府公告，龘靐 0123456789abcdef é·𠀀</p>".utf8), record ?? [],
        [0x7f, 0x1c, 0x1d, 0x1e, 0x1f, 0xff, 0xc0],
      ]
      return octets.map { [0, 255] + $0 }
        + octets.map { [1, 255] + PresetWords.folder.fold($0) }
    },
    words: ["九江市", "人民政府", "</p><p>", "\u{1c}\u{1}", "\u{1d}", "\u{1e}", "\u{1f}\u{4}"],
    run: { octets in
      var input = FuzzInput(octets)
      let isHostile = input.octet() % 2 == 1
      let bytesMax = Int(input.octet()) * 64
      let bytes = input.rest()
      let expander = WordExpander(PresetWords.codes)
      func expanded(_ folded: [UInt8], _ bytesMax: Int) -> [UInt8]? {
        folded.withUnsafeBufferPointer { try? expander.expand($0, bytesMax: bytesMax) }
      }
      if isHostile, let some = expanded(bytes, bytesMax) {
        claim(some.count <= bytesMax, "what is expanded is bounded")
        claim(
          expanded(PresetWords.folder.fold(some), some.count) == some,
          "what was expanded folds and expands again")
      }
      // After whatever came before, an honest message is read.
      let folded = PresetWords.folder.fold(bytes)
      claim(folded.count <= 2 * bytes.count + 2, "folded octets are bounded")
      claim(expanded(folded, bytes.count) == bytes, "folding loses nothing")
      if !bytes.isEmpty {
        claim(expanded(folded, bytes.count - 1) == nil, "the bound holds")
      }
    })
}
