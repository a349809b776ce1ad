# The table of results: medians, the ratio of ours to each, processor time of both ends, the greatest memory.
# Input: CASE WHO VALUE CPU PEAK-KB UNIT, one line a round.

function sorted(list, count,  i, k, value) {
  for (i = 2; i <= count; i++) {
    value = list[i]
    for (k = i - 1; k >= 1 && list[k] > value; k--) list[k + 1] = list[k]
    list[k + 1] = value
  }
}

# The median of what was collected under a name; the least and the greatest in `least` and `most`.
function median(values, name,  i, count, list) {
  count = split(substr(values[name], 2), list, " ")
  if (count == 0) return ""
  for (i = 1; i <= count; i++) list[i] += 0
  sorted(list, count)
  least = list[1]
  most = list[count]
  return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}

function shown(value, unit) {
  if (value == "") return "-"
  if (unit == "s") return sprintf(value < 1 ? "%.3f s" : "%.2f s", value)
  if (unit == "ms") return sprintf("%.1f ms", value)
  if (unit == "MB") return sprintf("%.1f MB", value)
  return sprintf("%.0f %s", value, unit)
}

BEGIN { FS = "\t" }

{
  name = $1 FS $2
  if (!(name in unit)) order[++rows] = name
  unit[name] = $6
  values[name] = values[name] " " $3
  if ($4 != "") cpus[name] = cpus[name] " " $4
  if ($5 + 0 > peak[name]) peak[name] = $5
  counts[name]++
}

END {
  for (i = 1; i <= rows; i++) {
    split(order[i], words, FS)
    if (words[2] == "ours") ours[words[1]] = median(values, order[i])
  }
  if (json) printf "{\"items\":%d,\"rounds\":%d,\"results\":[", items, rounds
  else printf "%-36s %-16s %12s %19s %8s %9s %9s\n", "case", "who", "median", "least .. greatest", "ours is", "cpu", "memory"
  for (i = 1; i <= rows; i++) {
    split(order[i], words, FS)
    value = median(values, order[i])
    low = least; high = most
    cpu = median(cpus, order[i])
    if (json) {
      printf "%s{\"case\":\"%s\",\"who\":\"%s\",\"unit\":\"%s\",\"median\":%s,\"least\":%s,\"greatest\":%s,\"rounds\":%d", \
        (i > 1 ? "," : ""), words[1], words[2], unit[order[i]], value, low, high, counts[order[i]]
      if (cpu != "") printf ",\"cpu_seconds\":%s", cpu
      if (peak[order[i]]) printf ",\"memory_kb\":%d", peak[order[i]]
      printf "}"
      continue
    }
    ratio = words[2] != "ours" && (words[1] in ours) && value > 0 ? sprintf("%.2f x", ours[words[1]] / value) : ""
    range = counts[order[i]] > 1 ? sprintf("%.4g .. %.4g", low, high) : ""
    printf "%-36s %-16s %12s %19s %8s %9s %9s\n", words[1] != shownCase ? words[1] : "", words[2], \
      shown(value, unit[order[i]]), range, ratio, cpu == "" ? "" : shown(cpu, "s"), \
      peak[order[i]] ? shown(peak[order[i]] / 1024, "MB") : ""
    shownCase = words[1]
  }
  if (json) print "]}"
}
