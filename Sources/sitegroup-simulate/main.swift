import Foundation
import Simulation

let hasMemory = FileManager.default.fileExists(atPath: "/dev/shm")
let directory =
  (hasMemory ? "/dev/shm" : NSTemporaryDirectory()) + "/sitegroup-simulate-\(getpid())"
do {
  let simulator = try Simulator(Array(CommandLine.arguments.dropFirst()), directory: directory)
  let outcome = inParallel(simulator)
  try? FileManager.default.removeItem(atPath: directory)
  print(simulator.summary(outcome))
  exit(simulator.isFine(outcome) ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(2)
}
