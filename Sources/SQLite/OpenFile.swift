import CSQLite

/// A file of a simulated disk as one connection has it open. Used under the disk's lock.
final class OpenFile {
  private let disk: SimulatedDisk
  private let file: SimulatedFile
  /// Nil for one that nobody else sees.
  private let name: String?
  private let life: Int
  private let isDeletedOnClose: Bool
  private var memory: SharedMemory?

  init(
    _ file: SimulatedFile, name: String?, on disk: SimulatedDisk, life: Int, isDeletedOnClose: Bool
  ) {
    self.file = file
    self.name = name
    self.disk = disk
    self.life = life
    self.isDeletedOnClose = isDeletedOnClose
  }

  private var id: ObjectIdentifier { ObjectIdentifier(self) }

  /// Counts a call, and makes it where no fault is in the way and its process lives.
  private func call(_ kind: DiskCall, _ body: (inout DiskState) -> Int32) -> Int32 {
    disk.withState { state in
      guard life == state.life else { return kind.failure }
      return state.calls.next(kind) ?? body(&state)
    }
  }

  /// What always works.
  private func always(_ body: (inout DiskState) -> Void) -> Int32 {
    disk.withState { state in
      if life == state.life { body(&state) }
      return SQLITE_OK
    }
  }

  func close() {
    _ = always { state in
      file.locks.lower(id, to: SQLITE_LOCK_NONE)
      if isDeletedOnClose, let name { state.set(name, to: nil) }
    }
  }

  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int32 {
    call(.read) { _ in
      let end = min(offset + buffer.count, file.count)
      let got = max(end - offset, 0)
      if got > 0 {
        file.octets.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<end])) }
      }
      if got == buffer.count { return SQLITE_OK }
      UnsafeMutableRawBufferPointer(rebasing: buffer[got...]).initializeMemory(
        as: UInt8.self, repeating: 0)
      return SQLITE_IOERR | (2 << 8)
    }
  }

  func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    disk.withState { state in
      guard life == state.life else { return DiskCall.write.failure }
      if let code = state.calls.next(.write) {
        // A machine that has stopped writes nothing; else half of it may well be there.
        if state.calls.fault?.isLasting == false {
          file.write(.init(rebasing: buffer[..<(buffer.count / 2)]), at: offset)
        }
        return code
      }
      if state.isReadOnly { return DiskCall.write.failure }
      guard let capacity = state.capacityOctets else {
        file.write(buffer, at: offset)
        return SQLITE_OK
      }
      let growth = max(offset + buffer.count - file.count, 0)
      let missing = min(max(growth - max(capacity - state.usedOctets, 0), 0), buffer.count)
      file.write(.init(rebasing: buffer[..<(buffer.count - missing)]), at: offset)
      return missing == 0 ? SQLITE_OK : SQLITE_FULL
    }
  }

  func truncate(to size: Int) -> Int32 {
    call(.truncate) { state in
      if state.isReadOnly { return DiskCall.truncate.failure }
      file.cut(to: size)
      return SQLITE_OK
    }
  }

  func sync() -> Int32 {
    disk.withState { state in
      guard life == state.life else { return DiskCall.sync.failure }
      if let code = state.calls.next(.sync) {
        file.missSync()
        return code
      }
      file.sync()
      if let name, state.files[name] === file, state.isNew(name) {
        state.flushDirectory(of: name)
      }
      return SQLITE_OK
    }
  }

  func size(_ size: inout Int64) -> Int32 {
    call(.size) { _ in
      size = Int64(file.count)
      return SQLITE_OK
    }
  }

  // MARK: locks

  func lock(_ level: Int32) -> Int32 {
    call(.lock) { _ in file.locks.raise(id, to: level) ? SQLITE_OK : SQLITE_BUSY }
  }

  func unlock(_ level: Int32) -> Int32 { always { _ in file.locks.lower(id, to: level) } }

  func checkReserved(_ isReserved: inout Int32) -> Int32 {
    call(.lock) { _ in
      isReserved = file.locks.isReserved ? 1 : 0
      return SQLITE_OK
    }
  }

  // MARK: shared memory

  func map(
    _ number: Int, octets: Int, isMaking: Bool, _ region: inout UnsafeMutableRawPointer?
  ) -> Int32 {
    call(.map) { state in
      let shared = memory ?? file.sharedMemory ?? SharedMemory()
      if memory == nil {
        // A log's index cannot be made where nothing can be written.
        if state.isReadOnly, file.sharedMemory == nil { return SQLITE_CANTOPEN }
        shared.enter()
        file.sharedMemory = shared
        memory = shared
      }
      region = shared.region(number, octets: octets, isMaking: isMaking)
      return SQLITE_OK
    }
  }

  func lockMemory(_ slot: Int, count: Int, flags: Int32) -> Int32 {
    guard let memory else { return DiskCall.lock.failure }
    let slots = ((UInt32(1) << UInt32(count)) - 1) << UInt32(slot)
    if flags & SQLITE_SHM_UNLOCK != 0 { return always { _ in memory.unlock(slots, for: id) } }
    return call(.lock) { _ in
      memory.lock(slots, for: id, isExclusive: flags & SQLITE_SHM_EXCLUSIVE != 0)
        ? SQLITE_OK : SQLITE_BUSY
    }
  }

  /// Taking the disk's lock orders what was written to the memory before and after.
  func barrier() { disk.withState { _ in } }

  func unmap(isDeleting: Bool) -> Int32 {
    disk.withState { _ in
      memory?.leave(id)
      if isDeleting, let memory, memory.users == 0, file.sharedMemory === memory {
        file.sharedMemory = nil
      }
      memory = nil
      return SQLITE_OK
    }
  }
}
