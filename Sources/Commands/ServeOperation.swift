import Glibc
import HTTPCore
import Networking
import NodeCore

/// `serve`: the daemon of one node, or of all nodes beneath a directory. Ends by a signal.
struct ServeOperation: ShellOperation {
  struct Output: Answer {
    let stopped: Bool

    func text(_ language: Language) -> String { "" }
  }

  static let spec = OperationSpec(
    "serve", zh: "运行守护进程：服务、定时同步", en: "runs the daemon: server and schedule",
    changes: false, place: .shell,
    [
      .option(
        "listen", "HOST:PORT", zh: "监听地址（默认按配置文件，否则 127.0.0.1:8700）",
        en: "where to listen (else what the configuration says, else 127.0.0.1:8700)"),
      .option(
        "root", "DIR", zh: "服务该目录下（启动时已有）的所有节点，路径为 /站点代码/",
        en: "serves every node that stands beneath it at the start, each at /CODE/"),
    ])

  private let listen: String?
  private let root: String?

  init(_ arguments: Arguments) throws {
    listen = arguments.optionalText("listen")
    root = arguments.optionalText("root")
    if let listen { _ = try ServeOperation.address(listen) }
  }

  func run(in context: ShellContext) throws -> Output {
    let language = context.globals.language
    let home = NodeDirectory(
      path: root.map { context.surroundings.absolute($0) } ?? context.globals.directory)
    let directories = root == nil ? [home] : try home.nodesBeneath()
    guard let first = directories.first, first.isNode else {
      throw Refusal(.notANode, home.path)
    }
    let configuration = try home.configuration(language)
    let address = try ServeOperation.address(listen ?? configuration.listen)
    let signals = StopSignals()
    let log = Log(
      isJSON: context.globals.json, offsetMinutes: configuration.timeZoneMinutes,
      now: { SystemPorts.milliseconds() }, write: context.surroundings.error)
    let nodes = try directories.map { directory in
      let claim = try DirectoryLock.wait(for: directory, milliseconds: 10_000) { nil as Never? }
      switch claim {
      case .lock(let lock): return try OpenNode(directory, lock: lock, language: language)
      }
    }
    let daemon = try ServeOperation.daemon(nodes, address, isRoot: root != nil, log)
    try daemon.start()
    for address in daemon.addresses {
      log.note(.info, "listening", ["address": "http://\(address)", "sites": "\(nodes.count)"])
      let line =
        context.globals.json
        ? #"{"listening":"http://\#(address)"}"# : "listening on http://\(address)"
      _ = context.surroundings.output(line + "\n")
    }
    let signal = signals.wait()
    log.note(.info, "stopping", ["signal": signal])
    daemon.stop()
    log.note(.info, "stopped")
    return Output(stopped: true)
  }

  private static func address(_ text: String) throws(Refusal) -> SocketAddress {
    guard let address = SocketAddress(text), case .tcp = address else {
      throw Refusal(.badValue, "--listen", text, "127.0.0.1:8700")
    }
    return address
  }

  private static func daemon(
    _ nodes: [OpenNode], _ address: SocketAddress, isRoot: Bool, _ log: Log
  ) throws -> Daemon {
    do {
      return try Daemon(
        nodes: nodes, sockets: nodes.map(\.directory.socketPath), listen: [address],
        isRoot: isRoot, log: log)
    } catch let error as SystemError {
      throw Refusal(.addressInUse, "\(address)", String(cString: strerror(error.number)))
    }
  }
}

/// SIGTERM and SIGINT as something to wait for. Made before any thread, so that all inherit the
/// mask and none is struck.
struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The name of the signal that came.
  func wait() -> String {
    var set = set
    var signal: Int32 = 0
    while sigwait(&set, &signal) != 0 {}
    return signal == SIGINT ? "INT" : "TERM"
  }
}
