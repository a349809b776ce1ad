import Glibc

// Usage: Fuzz TARGET [options and inputs of libFuzzer]
//        Fuzz list                     the targets' names
//        Fuzz seed TARGET DIRECTORY    writes the first inputs and DIRECTORY.words

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The target of this process; a C function takes no context.
private func chosen() -> FuzzTarget? {
  let name = CommandLine.arguments.dropFirst().first
  return FuzzTarget.all.first { $0.name == name }
}

private func save(_ octets: [UInt8], to path: String) {
  guard let file = fopen(path, "w") else {
    perror(path)
    exit(1)
  }
  fwrite(octets, 1, octets.count, file)
  fclose(file)
}

/// `"…"`, as libFuzzer's dictionaries are written.
private func quoted(_ word: String) -> String {
  let octets = word.utf8.map { octet in
    let isPlain = (0x20...0x7E).contains(octet) && octet != 0x22 && octet != 0x5C
    let digits = String(octet, radix: 16)
    return isPlain
      ? String(UnicodeScalar(octet)) : "\\x" + (digits.count == 1 ? "0" : "") + digits
  }
  return "\"\(octets.joined())\"\n"
}

private func main() -> CInt {
  let arguments = CommandLine.arguments
  if arguments == [arguments[0], "list"] {
    for target in FuzzTarget.all { print(target.name) }
    return 0
  }
  if arguments.count == 4, arguments[1] == "seed",
    let target = FuzzTarget.all.first(where: { $0.name == arguments[2] })
  {
    for (number, seed) in target.seeds().enumerated() {
      save(seed, to: "\(arguments[3])/seed-\(number)")
    }
    save(Array(target.words.map(quoted).joined().utf8), to: "\(arguments[3]).words")
    return 0
  }
  guard chosen() != nil else {
    print("usage: Fuzz TARGET [OPTIONS…] [INPUT…] | list | seed TARGET DIRECTORY")
    return 2
  }
  var count = CommandLine.argc - 1
  // The fuzzer starts other processes by its first argument: it must not see the target's name.
  var values = CommandLine.unsafeArgv + 1
  return runFuzzer(&count, &values) { octets, count in
    theTarget?.run(Array(UnsafeBufferPointer(start: octets, count: count)))
    return 0
  }
}

private let theTarget = chosen()
exit(main())
