import Glibc
import Synchronization

/// The file of certificate authorities that replaces the system's.
///
/// Foundation has no way to name one on Linux, but passes every option of a transfer to libcurl
/// through `curl_easy_setopt`. This program defines that function: it hands each option on, and
/// adds the file where the URL is set. An answer that did not come this way is not passed on.
enum CertificatesFile {
  /// The path's octets, kept for good: libcurl copies them at each use.
  private static let path = Mutex<UInt?>(nil)
  private static let uses = Mutex(0)

  static func use(_ file: String?) {
    path.withLock { $0 = file.flatMap { strdup($0) }.map { UInt(bitPattern: $0) } }
  }

  /// Whether the transfers so far were bound to the file; true where none is named.
  static var isInUse: Bool {
    path.withLock { $0 == nil } || uses.withLock { $0 > 0 }
  }

  fileprivate typealias SetOption = @convention(c) (OpaquePointer?, Int32, UInt) -> Int32

  fileprivate static let real: SetOption? = {
    // RTLD_NEXT: libcurl's own.
    guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "curl_easy_setopt") else {
      return nil
    }
    return unsafeBitCast(symbol, to: SetOption.self)
  }()

  fileprivate static func set(_ handle: OpaquePointer?, _ option: Int32, _ value: UInt) -> Int32 {
    guard let real else { return unknownOption }
    if option == urlOption, let path = path.withLock({ $0 }) {
      let status = real(handle, authoritiesOption, path)
      if status != 0 { return status }
      uses.withLock { $0 += 1 }
    }
    return real(handle, option, value)
  }

  /// CURLOPT_URL, CURLOPT_CAINFO, CURLE_UNKNOWN_OPTION of curl.h.
  private static let urlOption: Int32 = 10_002
  private static let authoritiesOption: Int32 = 10_065
  private static let unknownOption: Int32 = 48
}

/// Declared with varying arguments in curl.h. Each caller passes one, of a word; on Linux, x86-64
/// and arm64 pass it in a register just as a fixed one.
@_cdecl("curl_easy_setopt")
public func setTransferOption(_ handle: OpaquePointer?, _ option: Int32, _ value: UInt) -> Int32 {
  CertificatesFile.set(handle, option, value)
}
