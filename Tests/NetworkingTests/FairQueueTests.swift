import Testing

@testable import Networking

@Suite struct `The queue of jobs` {
  @Test func `lanes take turns, and a lane keeps its order`() {
    var queue = FairQueue<Int>(workers: 8)
    for job in 0..<4 { queue.push(job, lane: "flood") }
    queue.push(10, lane: "a")
    queue.push(20, lane: "b")
    queue.push(11, lane: "a")
    var taken: [Int] = []
    while let (job, lane) = queue.pop() {
      taken.append(job)
      queue.finish(lane)
    }
    #expect(taken == [0, 10, 20, 1, 11, 2, 3])
    #expect(queue.isEmpty)
  }

  @Test func `one lane never has the last worker, unless it has no other`() {
    var queue = FairQueue<Int>(workers: 3)
    for job in 0..<9 { queue.push(job, lane: "flood") }
    #expect(queue.pop()?.job == 0)
    #expect(queue.pop()?.job == 1)
    #expect(queue.pop() == nil)
    queue.push(100, lane: "other")
    #expect(queue.pop()?.job == 100)
    queue.finish("flood")
    #expect(queue.pop() == nil)
    queue.finish("other")
    #expect(queue.pop()?.job == 2)
    var single = FairQueue<Int>(workers: 1)
    single.push(1, lane: "a")
    #expect(single.pop()?.job == 1)
  }

  @Test func `every job is taken once, whatever the order of ends`() {
    var queue = FairQueue<Int>(workers: 4)
    var state: UInt64 = 88
    func roll(_ sides: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % sides
    }
    var running: [String] = []
    var taken: [Int] = []
    var pushed = 0
    while taken.count < 5_000 {
      if pushed < 5_000, roll(2) == 0 {
        queue.push(pushed, lane: "\(roll(6))")
        pushed += 1
      }
      if running.count < 4, let (job, lane) = queue.pop() {
        taken.append(job)
        running.append(lane)
      } else if !running.isEmpty {
        queue.finish(running.remove(at: Int(roll(UInt64(running.count)))))
      }
    }
    #expect(taken.sorted() == Array(0..<5_000))
  }
}
