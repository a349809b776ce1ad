import Glibc
import HTTPCore

// Reaches one https server for the process that started this one: HTTP/1.1 comes in on standard
// input, a socket, and answers go back the same way. Ends with its input.
// Usage: sitegroup-https BASE-URL [CA-FILE]
func run(_ arguments: [String]) -> Int32 {
  guard (2...3).contains(arguments.count), let base = try? BaseURL(arguments[1]), base.needsTLS
  else {
    let usage = Array("usage: sitegroup-https https://HOST[:PORT] [CA-FILE]\n".utf8)
    _ = usage.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    return 2
  }
  signal(SIGPIPE, SIG_IGN)
  // The language's own report of a crash shows what the registers point to.
  for one in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(one, SIG_DFL) }
  CertificatesFile.use(arguments.count == 3 ? arguments[2] : nil)
  Courier(descriptor: 0, upstream: Upstream(base)).run()
  return 0
}

exit(run(CommandLine.arguments))
