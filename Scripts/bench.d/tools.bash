# What all cases share: programs of our own, the workload, processes, results. Sourced by Scripts/bench.

started=() # processes to end

finish_all() {
  local pid
  # Some leave their children behind, or start others while they themselves live.
  for pid in "${started[@]}"; do kill "$pid" $(ps -o pid= --ppid "$pid") 2>/dev/null || true; done
  wait 2>/dev/null || true
  declare -F stop_peers >/dev/null && stop_peers
  rm -rf "$work"
}

make_tools() {
  local name
  for name in "$parts"/*.c; do
    name=$(basename "$name" .c)
    cc -O2 -pthread -o "$work/$name" "$parts/$name.c" -lsqlite3 -lz
  done
  say "$(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1-3 /proc/loadavg)"
  grep -o $'[\xe4-\xe9][\x80-\xbf][\x80-\xbf]' Scripts/demo.d/rules-2023.txt >"$work/characters"
  seq 0 99 | awk 'BEGIN { OFS = "\t"; print "level1", "level2", "level3", "modes", "update", "responsible_units", "source" }
    { print "栏目", $1, "", "平台调用", "实时", "市直各单位", "" }' >"$work/columns.tsv"
}

say() { [ -n "$json" ] || printf '%s\n' "$*" >&2; }

# COUNT FIRST CHANGED PREFIX [PHASE]: lines of items. CHANGED K: every K-th alone, changed.
make_items() {
  awk -v n="$1" -v first="$2" -v changed="$3" -v prefix="$4" -v phase="${5:-0}" -v seed=1 -v pool=60000 \
    -f "$parts/items.awk" "$work/characters"
}

# The whole workload, made once.
workload() {
  [ -s "$work/items.jsonl" ] || make_items "$items" 1 0 p >"$work/items.jsonl"
}

# Ports below those that the system gives to clients.
free_port() {
  local port
  while :; do
    port=$((12000 + RANDOM % 18000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

wait_for() { # PORT
  local tries
  for tries in $(seq 400); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.05
  done
  echo "nothing listens on $1" >&2
  return 1
}

end_process() { # PID
  local pid kept=()
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  for pid in "${started[@]}"; do [ "$pid" = "$1" ] || kept+=("$pid"); done
  started=(${kept[@]+"${kept[@]}"})
}

# CASE WHO SECONDS CPU PEAK-KB: one result of one round.
record() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "${3:-}" "${4:-}" "${5:-}" "${6:-s}" >>"$results"; }

# CASE WHO "PID…" COMMAND…: runs it and records its time, the processor time of both ends, and the greater peak memory.
metered() {
  local case=$1 who=$2 pids=$3 options=() pid
  shift 3
  for pid in $pids; do options+=(-p "$pid"); done
  rm -f "$work/metered"
  "$work/meter" ${options[@]+"${options[@]}"} -f "$work/metered" -- "$@" >"$work/answer" 2>"$work/faults" ||
    { cat "$work/faults" >&2; echo "$case: $who failed" >&2; return 1; }
  local seconds cpu peak others_cpu others_peak status
  read -r seconds cpu peak others_cpu others_peak status <"$work/metered"
  [ "$case" = - ] || record "$case" "$who" "$seconds" "$(awk -v a="$cpu" -v b="$others_cpu" 'BEGIN { print a + b }')" \
    $((peak > others_peak ? peak : others_peak))
}

# Who takes part, rotated by the number of the round.
rotated() { # ROUND WHO…
  local by=$(($1 % ($# - 1))) all=("${@:2}")
  echo "${all[@]:by}" "${all[@]:0:by}"
}

expect() { # WHAT FOUND WANTED
  [ "$2" = "$3" ] || { echo "$1: $2 instead of $3" >&2; return 1; }
}

field() { sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p" | head -n 1; }

print_table() {
  awk -v json="$json" -v items="$items" -v rounds="$rounds" -f "$parts/table.awk" "$results"
}
