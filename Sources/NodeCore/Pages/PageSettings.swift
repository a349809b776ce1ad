import HTTPCore

/// Where a node publishes its own pages.
package struct PageSettings: Sendable, Equatable {
  /// Absolute.
  package var directory: String
  /// Where readers reach that directory; nil where links have to be relative.
  package var url: BaseURL?
  /// 网站标识码 of the national registry; nil where the site's code stands for it.
  package var identification: String?
  /// How often everything published is compared with what was published.
  package var checkMilliseconds: Int64

  package static let checkMillisecondsDefault: Int64 = 3_600_000

  package init(
    directory: String, url: BaseURL? = nil, identification: String? = nil,
    checkMilliseconds: Int64 = PageSettings.checkMillisecondsDefault
  ) {
    (self.directory, self.url, self.identification) = (directory, url, identification)
    self.checkMilliseconds = checkMilliseconds
  }
}
