import CLinux

/// The memory of this process.
package enum SystemMemory {
  /// Gives back what is free: what a round of work took is not kept until the next one.
  package static func giveBack() { malloc_trim(0) }
}
