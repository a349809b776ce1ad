import Testing

@Test(arguments: HouseRule.all)
func `every source file keeps the house rule`(_ rule: HouseRule) {
  let project = Project.current
  let found = project.files.flatMap { file in
    rule.violations(file, project).map { "\(file.path):\($0)" }
  }
  #expect(found.isEmpty, "\(rule.name): \(found.joined(separator: ", "))")
}

@Test(arguments: HouseRule.all)
func `a house rule finds what breaks it and passes what keeps it`(_ rule: HouseRule) {
  let project = Project.current
  let breaking = SourceFile(path: rule.samplePath, text: rule.breaking)
  let keeping = SourceFile(path: rule.samplePath, text: rule.keeping)
  #expect(!rule.violations(breaking, project).isEmpty)
  #expect(rule.violations(keeping, project).isEmpty)
}

@Test func `every line of a sample with several faults is named`() throws {
  let rule = try #require(HouseRule.all.first { $0.name.hasPrefix("deterministic") })
  let sample = SourceFile(path: rule.samplePath, text: rule.breaking)
  #expect(rule.violations(sample, Project.current) == [1, 2, 3])
}

@Test func `the table of targets is read from the manifest`() {
  let rows = Project.current.targets
  #expect(rows.contains(TargetRow(name: "HTTPCore", dependencies: ["Bytes"])))
  #expect(rows.first { $0.name == "NodeCore" }?.dependencies.contains("Library") == true)
  #expect(Project.current.files.contains { $0.path == "Tests/HouseRulesTests/Project.swift" })
}

@Test func `a target depends only on targets above it`() {
  let names = Project.current.targets.map(\.name)
  for (index, row) in Project.current.targets.enumerated() {
    let below = row.dependencies.filter { names.contains($0) && !names[..<index].contains($0) }
    #expect(below.isEmpty, "\(row.name) depends on \(below), which stand below it")
  }
}

@Test(arguments: [
  ("let a = 1 // Date()", "let a = 1          "),
  ("/* a /* b */ c */x", "                 x"),
  (#"f("a \" b", 1)"#, "f(        , 1)"),
  (#"f("a\(Date())b")"#, "f(   (Date())  )"),
  ("#\"a\\(b)\"#c", "         c"),
  ("\"\"\"\na\"b\n\"\"\"c", "   \n   \n   c"),
])
func `code is what is neither comment nor text`(text: String, code: String) {
  #expect(SwiftText.code(of: text) == code)
}
