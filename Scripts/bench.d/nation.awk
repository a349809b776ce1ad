# What a nation of 14,000 sites and 75 million items a year costs at each tier, from measured costs of one item, one poll
# and one order: the results of --growth. A site writes 75,000,000 / 14,000 items a year; a city has 60 sites, a province
# 552, and each tier keeps what is below it. A day has ten busy hours, a year 250 such days; a child asks every 50 s.
# Input: CASE WHO VALUE CPU PEAK-KB UNIT, one line a round.

BEGIN { FS = "\t" }

function take(name) { return (name in sums) ? sums[name] / counts[name] : 0 }

{
  at = index($1, ": ")
  size = $1 + 0
  what = substr($1, at + 2)
  # The largest measured size counts.
  if (size < sizes[what]) next
  if (size > sizes[what]) {
    sizes[what] = size
    delete sums[what]
    delete counts[what]
    delete cpus[what]
  }
  sums[what] += $3
  cpus[what] += $4
  counts[what]++
}

function row(name, children, sites,  items, day, hours, second) {
  items = sites * 75000000 / 14000
  day = items / 250
  second = children / 50
  printf "%-10s %9d %11d %11d %9.1f %8.0f %10.2f %10.1f %9.2f\n", name, children, sites, items, \
    items * store / 1e9, items * octets / 1e9, day * octets * 8 / 36000 / 1e3, day * itemCPU / 3600 * 60, second * pollCPU * 100
}

END {
  octets = take("octets an item")
  itemCPU = cpus["first push"] / counts["first push"] / sizes["first push"]
  store = take("store of the county") * 1048576 / sizes["store of the county"]
  pollCPU = cpus["polls a second"] / counts["polls a second"] / (take("polls a second") * 3)
  printf "\n%s\n", "A nation: what each tier takes, by calculation"
  printf "one item: %.0f octets on the line, %.0f in a store, %.0f µs of processors at both ends; one poll: %.0f µs\n", \
    octets, store, itemCPU * 1e6, pollCPU * 1e6
  printf "%-10s %9s %11s %11s %9s %8s %10s %10s %9s\n", "tier", "children", "sites", "items/year", "GB/year", \
    "GB line", "kbit/s", "CPU min/d", "polls %"
  row("site", 0, 1)
  row("city", 60, 60)
  row("province", 9, 552)
  row("nation", 25, 14000)
}
