import Glibc

signal(SIGPIPE, SIG_IGN)
umask(0o077)
guard let options = TortureOptions(Array(CommandLine.arguments.dropFirst())) else {
  Report.say(TortureOptions.usage)
  exit(2)
}
exit(Torment(options).run() ? 0 : 1)
