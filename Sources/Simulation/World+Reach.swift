import NodeCore
import Replication
import SiteGroup
import Storage

/// What rules and orders must have brought about once the tree is quiet.
extension World {
  func checkReach(_ replicas: [SiteCode: Replica]) throws {
    for code in present {
      guard let replica = replicas[code] else { continue }
      for mapping in replica.oracle.views(MappingRecord.self) where mapping.owner == code {
        try checkMapping(mapping, at: replica, replicas)
      }
      for mandate in replica.oracle.views(MandateRecord.self) where mandate.owner == code {
        try checkMandate(mandate, at: replica, replicas)
      }
    }
  }

  private func checkMapping(
    _ mapping: MappingRecord, at replica: Replica, _ replicas: [SiteCode: Replica]
  ) throws {
    let cause = PlacementCause(site: mapping.owner, kind: .map, id: mapping.id)
    if !mapping.isLive {
      for placement in replica.oracle.views(PlacementRecord.self) {
        try need(
          placement.path(of: cause) == nil,
          "a mapping that is gone still places at \(replica.code): \(placement.key)")
      }
    }
    guard let target = mapping.target else { return }
    for source in replicas.values.sorted(by: { $0.code < $1.code }) {
      for item in source.oracle.views(ItemRecord.self) where item.owner == source.code {
        for column in item.columns {
          guard let taken = ColumnRecord(source.records[column]),
            mapping.takes(from: taken, in: replica.oracle.tree)
          else { continue }
          try need(
            replica.records[item.key] != nil,
            "a mapped item is missing at \(replica.code): \(item.key)")
          let isHidden = replica.placement(of: item.key, in: column).map {
            $0.isHidden && !$0.isLive
          }
          try need(
            isHidden ?? false
              || replica.placement(of: item.key, in: target)?.path(of: cause) != nil,
            "a mapped item is not placed at \(replica.code): \(item.key) from \(column)")
        }
      }
    }
  }

  private func checkMandate(
    _ mandate: MandateRecord, at replica: Replica, _ replicas: [SiteCode: Replica]
  ) throws {
    guard let key = mandate.item else { return }
    for code in present where mandate.selects(code, in: replica.oracle.tree) {
      guard let there = replicas[code] else { continue }
      try need(
        there.records[mandate.key] != nil, "a mandate is missing at \(code): \(mandate.key)")
      // An order for what its issuer does not reach any more brings nothing.
      if key.owner != replica.code, replica.records[key] == nil { continue }
      try need(
        there.records[key] != nil, "the item of a mandate is missing at \(code): \(key)")
      if mandate.isLifted { continue }
      let cause = PlacementCause(site: code, kind: .mandate, id: mandate.id)
      let placed = there.oracle.views(PlacementRecord.self).first {
        $0.owner == code && $0.item == key && $0.path(of: cause) != nil
      }
      try need(
        placed?.isLive ?? false, "a mandated repost is missing at \(code): \(mandate.key)")
      if let placed { try checkDefiance(of: cause, in: placed.key, at: code) }
      let receipt = RecordKey.receipt(of: code, for: mandate.key)
      try need(
        replica.records[receipt] != nil, "no receipt of \(code) at \(replica.code): \(receipt)")
    }
  }

  /// A site that takes out what a mandate placed has it back at once. Nothing of the trial is kept.
  private func checkDefiance(
    of cause: PlacementCause, in placement: RecordKey, at code: SiteCode
  ) throws {
    guard let node = sites[code]?.node else { return }
    let stands = try node.store.rehearse { transaction in
      var edit = RecordEdit(placement)
      edit.set(cause.cell, false)
      try transaction.write(edit)
      try transaction.settle()
      let after = PlacementRecord(try transaction.record(placement)?.record)
      return after?.path(of: cause) != nil
    }
    try need(stands, "a mandate's cause can be removed at \(code): \(placement)")
  }
}
