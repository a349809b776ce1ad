/// A site's node: its store and what it decides. Has no sockets and no threads.
package final class Node {
  package init() {}
}
