import Glibc

/// One boundary where octets come in from outside, and the claims that must hold for any of them.
struct FuzzTarget: Sendable {
  let name: String
  /// What the fuzzer begins with.
  let seeds: @Sendable () -> [[UInt8]]
  /// Words that it puts in here and there.
  let words: [String]
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] = [
    .request, .response, .signature, .fields, .cbor, .coding, .record, .patch, .message, .deflate,
    .line, .configuration, .table, .session, .html, .fold,
  ]
}

/// Ends the process where a claim does not hold, so that the fuzzer keeps the input.
func claim(_ holds: Bool, _ words: @autoclosure () -> String) {
  if holds { return }
  let line = "claim broken: \(words())\n"
  _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
  abort()
}
