import CLinux
import Glibc

/// Messages from any thread to the event loop. The first one after a `take` makes `descriptor`
/// readable, which wakes the loop out of epoll.
final class Mailbox<Message: Sendable>: Sendable {
  let descriptor: Int32
  private let messages = Locked<[Message]>([])

  init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if descriptor < 0 { throw .last("eventfd", "mailbox") }
  }

  deinit { close(descriptor) }

  func post(_ message: Message) {
    let wasEmpty = messages.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    if wasEmpty { eventfd_write(descriptor, 1) }
  }

  /// Everything posted since the last take, in order.
  func take() -> [Message] {
    var count: eventfd_t = 0
    // Before the messages: one that comes between is then announced anew.
    eventfd_read(descriptor, &count)
    return messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
