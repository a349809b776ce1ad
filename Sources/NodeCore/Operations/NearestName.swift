/// Finds what somebody meant who wrote a name that does not exist.
package enum NearestName {
  /// The candidate with the fewest edits (inserted, dropped, replaced or swapped letters), nil
  /// where all are too far: more than two edits and more than a third of the word.
  package static func of(_ word: String, among candidates: [String]) -> String? {
    let written = Array(word.unicodeScalars.prefix(wordScalarsMax))
    var best: (name: String, distance: Int)?
    for candidate in candidates.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let known = Array(candidate.unicodeScalars.prefix(wordScalarsMax))
      var edits = distance(written, known)
      if !written.isEmpty, known.starts(with: written) { edits = min(edits, 1) }
      if edits < (best?.distance ?? Int.max) { best = (candidate, edits) }
    }
    guard let best, best.distance <= max(2, written.count / 3), best.distance < written.count
    else { return nil }
    return best.name
  }

  static let wordScalarsMax = 64

  /// Optimal string alignment distance.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          edits = min(edits, beforeLast[j - 1] + 1)
        }
        row.append(edits)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
