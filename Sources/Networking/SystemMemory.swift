import CLinux

/// The memory of this process.
package enum SystemMemory {
  /// Gives back what is free: what a round of work took is not kept until the next one.
  package static func giveBack() { malloc_trim(0) }

  /// For a process that is to stay small: threads share two heaps, in place of one for each, which
  /// would keep what its largest request took. To be called before there are threads.
  package static func shareHeaps() { _ = mallopt(malloc_heaps_max, 2) }
}
