import Library
import NodeCore
import Replication
import SiteGroup
import Storage

/// Editors at work, each in one transaction of its site's store.
extension World {
  func edit(
    at code: SiteCode,
    _ work: (inout Editor, inout Dice) throws -> Void = { try $0.work(&$1) }
  ) throws {
    let node = site(code).node
    happenings[.edits] += 1
    clock.advance(1)
    let serial = fresh()
    let attaches = strikes(.blobs, perMille: 150)
    var dice = Dice(seed: dice.next())
    try surviving(code) {
      let attachment = attaches ? try self.takeIn(at: code) : nil
      let editor = try node.store.write { transaction in
        var editor = try Editor(self.setting, transaction, serial: serial)
        editor.attachment = attachment
        try work(&editor, &dice)
        if let attachment, editor.isAttached {
          try transaction.blobArrived(attachment.digest, size: attachment.size)
        }
        return editor
      }
      for line in editor.said { self.say(line) }
      self.happenings.add(editor.happenings)
      self.happenings[.conflicts] += editor.conflicts
      try self.notePurged(editor.purged)
      // What it was told is so must be so, also after a loss of power that is to come.
      if self.site(code).trouble != nil { try self.drain(code) }
    }
  }
}
