/// The bounds of a record; checked before memory is taken. Relations are tested.
package enum RecordLimits {
  package static let bytesMax = 8 << 20
  package static let cellsMax = 4096
  package static let nameOctetsMax = 160
  package static let versionsMax = 1024
}
