import Glibc

/// What a crash leaves behind. Keys are in this process's memory, so a core file holds none of it;
/// programs that this one starts inherit both bounds.
enum CoreDump {
  static func holdNothing() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    // The language's own report of a crash shows what the registers point to.
    for one in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(one, SIG_DFL) }
    // The limit does not hold where a program collects core files: this leaves out every mapping.
    let file = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
    if file < 0 { return }
    _ = write(file, "0", 1)
    close(file)
  }
}
