import CLinux

/// The memory of this process.
package enum SystemMemory {
  /// Gives back what is free: what a round of work took is not kept until the next one.
  package static func giveBack() { malloc_trim(0) }

  /// For a process that is to stay small: threads share two heaps, in place of one for each, which
  /// would keep what its largest request took. To be called before there are threads.
  package static func shareHeaps() { _ = mallopt(malloc_heaps_max, 2) }

  /// For a process that does one work and ends: what is freed is kept for what comes next, since
  /// the system would clear each page of it anew.
  package static func keepFreed() {
    _ = mallopt(malloc_kept_top, 128 << 20)
    _ = mallopt(malloc_mapped_least, 32 << 20)
  }
}
