import CSQLite
import Glibc

/// The tables of functions through which SQLite calls a simulated disk. They live as long as it.
struct DiskRegistration {
  let name: String
  let methods: UnsafePointer<sqlite3_io_methods>
  private let table: UnsafeMutablePointer<sqlite3_vfs>
  private let functions: UnsafeMutablePointer<sqlite3_io_methods>

  init() {
    table = .allocate(capacity: 1)
    functions = .allocate(capacity: 1)
    methods = UnsafePointer(functions)
    // The address is no other disk's while this one lives; it reaches nothing but the name.
    name = "simulated-\(UInt(bitPattern: table))"
    functions.initialize(to: DiskRegistration.fileFunctions())
    table.initialize(to: DiskRegistration.diskFunctions())
    table.pointee.zName = UnsafePointer(strdup(name))
  }

  func register(_ disk: SimulatedDisk) {
    table.pointee.pAppData = Unmanaged.passUnretained(disk).toOpaque()
    sqlite3_vfs_register(table, 0)
  }

  func remove() {
    sqlite3_vfs_unregister(table)
    free(UnsafeMutablePointer(mutating: table.pointee.zName))
    table.deallocate()
    functions.deallocate()
  }

  // MARK: the disk

  private static func diskFunctions() -> sqlite3_vfs {
    var table = sqlite3_vfs()
    table.iVersion = 2
    table.szOsFile = Int32(MemoryLayout<FileSlot>.size)
    table.mxPathname = 1024
    table.xOpen = { table, name, slot, flags, given in
      guard let disk = registered(table), let slot = FileSlot.of(slot) else {
        return SQLITE_CANTOPEN
      }
      // Set in any case: SQLite closes what has methods.
      slot.initialize(to: FileSlot())
      var opened = flags
      let code = disk.open(name.map { String(cString: $0) }, flags, &opened) {
        slot.initialize(to: FileSlot($0, disk.methods))
      }
      given?.pointee = opened
      return code
    }
    table.xDelete = { table, name, isDurable in
      guard let disk = registered(table), let name else { return DiskCall.delete.failure }
      return disk.delete(String(cString: name), isDurable: isDurable != 0)
    }
    table.xAccess = { table, name, flags, result in
      guard let disk = registered(table), let name, let result else {
        return DiskCall.access.failure
      }
      return disk.access(String(cString: name), flags, &result.pointee)
    }
    table.xFullPathname = { _, name, count, full in
      guard let name, let full, strlen(name) < Int(count) else { return SQLITE_CANTOPEN }
      strcpy(full, name)
      return SQLITE_OK
    }
    table.xRandomness = { table, count, octets in
      guard let disk = registered(table), let octets else { return 0 }
      let random = disk.random(Int(count)).prefix(Int(count))
      for (index, octet) in random.enumerated() { octets[index] = CChar(bitPattern: octet) }
      return Int32(random.count)
    }
    table.xSleep = { _, microseconds in microseconds }
    table.xCurrentTime = { table, days in
      days?.pointee = Double(julianMilliseconds(table)) / 86_400_000
      return SQLITE_OK
    }
    table.xCurrentTimeInt64 = { table, milliseconds in
      milliseconds?.pointee = julianMilliseconds(table)
      return SQLITE_OK
    }
    table.xGetLastError = { _, _, _ in 0 }
    return table
  }

  // MARK: its files

  private static func fileFunctions() -> sqlite3_io_methods {
    var functions = sqlite3_io_methods()
    functions.iVersion = 2
    functions.xClose = { slot in
      FileSlot.of(slot)?.pointee.release()
      return SQLITE_OK
    }
    functions.xRead = { slot, octets, count, offset in
      let buffer = UnsafeMutableRawBufferPointer(start: octets, count: Int(count))
      return FileSlot.file(slot)?.read(buffer, at: Int(offset)) ?? DiskCall.read.failure
    }
    functions.xWrite = { slot, octets, count, offset in
      let buffer = UnsafeRawBufferPointer(start: octets, count: Int(count))
      return FileSlot.file(slot)?.write(buffer, at: Int(offset)) ?? DiskCall.write.failure
    }
    functions.xTruncate = { slot, size in
      FileSlot.file(slot)?.truncate(to: Int(size)) ?? DiskCall.truncate.failure
    }
    functions.xSync = { slot, _ in FileSlot.file(slot)?.sync() ?? DiskCall.sync.failure }
    functions.xFileSize = { slot, size in
      guard let size else { return DiskCall.size.failure }
      return FileSlot.file(slot)?.size(&size.pointee) ?? DiskCall.size.failure
    }
    functions.xLock = { slot, level in
      FileSlot.file(slot)?.lock(level) ?? DiskCall.lock.failure
    }
    functions.xUnlock = { slot, level in FileSlot.file(slot)?.unlock(level) ?? SQLITE_OK }
    functions.xCheckReservedLock = { slot, result in
      guard let result else { return DiskCall.lock.failure }
      return FileSlot.file(slot)?.checkReserved(&result.pointee) ?? DiskCall.lock.failure
    }
    functions.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    functions.xSectorSize = { _ in Int32(SimulatedFile.sectorOctets) }
    // A write leaves the octets of its sectors that it does not name as they were.
    functions.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    functions.xShmMap = { slot, number, octets, isMaking, region in
      let found = region?.withMemoryRebound(to: UnsafeMutableRawPointer?.self, capacity: 1) { $0 }
      found?.pointee = nil
      guard let file = FileSlot.file(slot), let found else { return DiskCall.map.failure }
      return file.map(Int(number), octets: Int(octets), isMaking: isMaking != 0, &found.pointee)
    }
    functions.xShmLock = { slot, first, count, flags in
      FileSlot.file(slot)?.lockMemory(Int(first), count: Int(count), flags: flags)
        ?? DiskCall.lock.failure
    }
    functions.xShmBarrier = { slot in FileSlot.file(slot)?.barrier() }
    functions.xShmUnmap = { slot, isDeleting in
      FileSlot.file(slot)?.unmap(isDeleting: isDeleting != 0) ?? SQLITE_OK
    }
    return functions
  }
}

private func registered(_ table: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
  table?.pointee.pAppData.map { Unmanaged<SimulatedDisk>.fromOpaque($0).takeUnretainedValue() }
}

/// SQLite counts from noon of 4714-11-24 before our era.
private func julianMilliseconds(_ table: UnsafeMutablePointer<sqlite3_vfs>?) -> Int64 {
  (registered(table)?.now() ?? 0) + 210_866_760_000_000
}

/// What SQLite sets aside for an open file of a simulated disk: its own head, then the file.
struct FileSlot {
  private var head = sqlite3_file()
  private var file: Unmanaged<OpenFile>?

  init() {}

  init(_ file: OpenFile, _ methods: UnsafePointer<sqlite3_io_methods>) {
    head.pMethods = methods
    self.file = .passRetained(file)
  }

  static func of(_ slot: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<FileSlot>? {
    slot.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: FileSlot.self) }
  }

  static func file(_ slot: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
    of(slot)?.pointee.file?.takeUnretainedValue()
  }

  mutating func release() {
    let file = file
    self.file = nil
    file?.takeUnretainedValue().close()
    file?.release()
  }
}
