# The case of slow lines: 1 Mbit/s, 200 ms there and back, 2 % of the segments lost. Sourced by Scripts/bench.

case_lines() {
  local who count=$((items < 3000 ? items : 3000)) often=$((rounds < 3 ? rounds : 3))
  make_items "$count" 7000001 0 s >"$work/slow.jsonl"
  make_items 200 8000001 0 t >"$work/few.jsonl"
  for who in $(contestants); do
    say "lines: first pull of $who"
    lines_pull "$who" "$count" "$often"
    say "lines: orders behind bulk, of $who"
    lines_orders "$who"
    say "lines: 64 kbit/s, of $who"
    lines_slowest "$who"
    lines_day "$who"
  done
}

declare -A line_port line_pid

start_line() { # NAME TARGET-PORT BITS-PER-SECOND [reno]: the port in ${line_port[NAME]}
  line_port[$1]=$(free_port)
  rm -f "$work/line-$1" "$work/lined-$1"
  mkfifo "$work/line-$1"
  "$work/line" "${line_port[$1]}" "$2" "$3" 100 20 1 ${4:-} <>"$work/line-$1" >"$work/lined-$1" &
  line_pid[$1]=$!
  started+=($!)
  until [ -s "$work/lined-$1" ]; do sleep 0.01; done
}

# What went since the last time: UP DOWN CONNECTIONS CUTS.
lined() { # NAME
  local before
  before=$(wc -l <"$work/lined-$1")
  echo >"$work/line-$1"
  until [ "$(wc -l <"$work/lined-$1")" -gt "$before" ]; do sleep 0.01; done
  tail -n 1 "$work/lined-$1"
}

seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { print b - a }'; }

# In percent of 1 Mbit/s.
line_use() { awk -v o="$1" -v s="$2" 'BEGIN { print o * 8 / 1000000 / s * 100 }'; } # OCTETS SECONDS

# ---- first pull; the same over a line that is cut again and again ----

lines_pull() { # WHO COUNT ROUNDS
  local round octets seconds port
  start_centre "$1" slow
  start_line "$1" "${centre_port[$1/slow]}" 1000000
  join_centre "$1" slow origin 360423 "${line_port[$1]}"
  node "$1" origin column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  node "$1" origin item import "$work/slow.jsonl" >/dev/null
  lined "$1" >/dev/null
  metered "push of $2 items, 1 Mbit/s" "$1" "${centre_pid[$1/slow]}" "$(binary "$1")" --dir "$work/$1/origin" --json sync
  expect 'slow push' "$(field in_step <"$work/answer")" true
  record '… use of the line, upward' "$1" "$(line_use "$(lined "$1" | cut -d' ' -f1)" "$(cut -d' ' -f1 "$work/metered")")" '' '' %
  for round in $(seq "$3"); do
    lines_whole "$1" "pull of $2 items, 1 Mbit/s" '… use of the line'
    lines_cut "$1" "$octets" "… cut five times"
  done
  end_process "${line_pid[$1]}"
  start_line "$1" "${centre_port[$1/slow]}" 1000000 reno
  lines_whole "$1" '… where losses halve the window' '… use of the line then' reno
  end_process "${line_pid[$1]}"
  stop_centre "$1" slow
}

# All of it, and a plain stream of as many octets.
lines_whole() { # WHO CASE USE [reno]
  rm -rf "${work:?}/$1/far"
  join_centre "$1" slow far 360423 "${line_port[$1]}"
  lined "$1" >/dev/null
  metered "$2" "$1" "${centre_pid[$1/slow]}" "$(binary "$1")" --dir "$work/$1/far" --json sync
  expect 'slow pull' "$(field in_step <"$work/answer")" true
  seconds=$(cut -d' ' -f1 "$work/metered")
  octets=$(lined "$1" | sum)
  record "$3" "$1" "$(line_use "$octets" "$seconds")" '' '' %
  port=$(free_port)
  start_line plain "$port" 1000000 ${4:-}
  seconds=$("$work/line" plain "${line_port[plain]}" "$port" "$octets")
  end_process "${line_pid[plain]}"
  record "$2" 'plain stream' "$seconds"
  record "$3" 'plain stream' "$(line_use "$octets" "$seconds")" '' '' %
}

# Cut five times, at every seventh of what went uncut.
lines_cut() { # WHO OCTETS CASE
  local begun went
  rm -rf "${work:?}/$1/far"
  join_centre "$1" slow far 360423 "${line_port[$1]}"
  lined "$1" >/dev/null
  echo "cut $(($2 / 7)) 5" >"$work/line-$1"
  begun=$(date +%s.%N)
  until node "$1" far sync >"$work/answer" 2>/dev/null; do [ $? -eq 3 ]; done
  record "$3" "$1" "$(seconds_since "$begun")"
  expect 'cut pull' "$(field in_step <"$work/answer")" true
  went=$(lined "$1")
  expect 'cuts' "${went##* }" 5
  record '… octets above those of the uncut' "$1" \
    "$(echo "$went" | awk -v o="$2" '{ print (($1 + $2) / o - 1) * 100 }')" '' '' %
}

# ---- orders, alone and behind bulk, both ways; a county's daemon and its centre's ----

lines_orders() { # WHO
  local number what
  start_centre "$1" busy
  start_line "$1-busy" "${centre_port[$1/busy]}" 1000000
  join_centre "$1" busy county 360424 "${line_port[$1-busy]}"
  for what in busy county; do
    node "$1" "$what" column add 通知 >/dev/null
    node "$1" "$what" column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  done
  node "$1" busy column grant 通知 360424 --share >/dev/null
  node "$1" busy column grant 栏目/0 360424 --share >/dev/null
  head -c 5000000 /dev/urandom >"$work/large-busy.bin"
  head -c 5000000 /dev/urandom >"$work/large-county.bin"
  order_items=()
  for number in $(seq 10); do
    order_items+=("$(lines_publish "$1" busy "Down $number") $(lines_publish "$1" county "Up $number")")
  done
  start_daemon "$1" county
  lines_calm "$1"
  lines_pairs "$1" 'alone'
  sed 's/"column":\[[^]]*\]/"column":["栏目\/0"]/; s/"column":"[^"]*"/"column":"栏目\/0"/' "$work/slow.jsonl" >"$work/bulk.jsonl"
  for what in county busy; do
    node "$1" "$what" item import "$work/bulk.jsonl" >/dev/null
    sleep 4
    lines_pairs "$1" "behind records $([ $what = busy ] && echo down || echo up)"
    lines_calm "$1"
  done
  for what in county busy; do
    lines_publish "$1" "$what" "Large" --attach "$work/large-$what.bin" >/dev/null
    sleep 6
    lines_pairs "$1" "behind attachments $([ $what = busy ] && echo down || echo up)"
    lines_calm "$1"
  done
  end_process "${daemon_pid[$1/county]}"
  end_process "${line_pid[$1-busy]}"
  stop_centre "$1" busy
}

lines_publish() { # WHO NODE TITLE [OPTION…]
  node "$1" "$2" item add --column 通知 --title "$3" --body '<p>One.</p>' \
    --published-at 2026-01-01T08:00:00+08:00 --publish "${@:4}" | field id
}

# Until nothing has gone over the line for a while.
lines_calm() { # WHO
  until sleep 2 && [ "$(lined "$1-busy" | sum)" -lt 600 ]; do :; done
}

lines_pairs() { lines_pair "$1" "$2" && lines_pair "$1" "$2"; }

# A withdrawal at the centre until the county knows it, and one at the county until the centre does.
lines_pair() { # WHO SITUATION
  local pair=${order_items[0]}
  order_items=("${order_items[@]:1}")
  lines_order "$1" busy county "${pair% *}" "order down, $2"
  lines_order "$1" county busy "${pair#* }" "order up, $2"
}

lines_order() { # WHO FROM TO ITEM CASE
  local begun
  begun=$(date +%s.%N)
  node "$1" "$2" item withdraw "$4" --reason bench >/dev/null
  until node "$1" "$3" item show "$4" | grep -q '"state":"withdrawn"'; do sleep 0.02; done
  record "$5" "$1" "$(seconds_since "$begun")"
}

# ---- 64 kbit/s: nothing runs into a time that is over ----

lines_slowest() { # WHO
  start_centre "$1" last
  start_line "$1-last" "${centre_port[$1/last]}" 64000
  join_centre "$1" last origin2 360425
  node "$1" origin2 column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  node "$1" origin2 item import "$work/few.jsonl" >/dev/null
  node "$1" origin2 sync >/dev/null
  join_centre "$1" last edge 360425 "${line_port[$1-last]}"
  metered 'pull of 200 items, 64 kbit/s' "$1" '' "$(binary "$1")" --dir "$work/$1/edge" --json sync
  expect 'slowest pull' "$(field in_step <"$work/answer")" true
  printf '{"external_id":"long","column":"栏目/0","title":"Long","published_at":"2026-01-01T08:00:00+08:00","state":"published","body":"<p>%s</p>"}\n' \
    "$(head -c 600000 /dev/urandom | base64 -w 0)" >"$work/long.jsonl"
  node "$1" edge item import "$work/long.jsonl" >/dev/null
  metered 'push of one of 600 KB, 64 kbit/s' "$1" '' "$(binary "$1")" --dir "$work/$1/edge" --json sync
  expect 'slowest push' "$(field pushed <"$work/answer") $(field in_step <"$work/answer")" '1 true'
  end_process "${line_pid[$1-last]}"
  stop_centre "$1" last
}

# ---- a day of a county: a session for each of 17 new items, 5 changes and a mandate, and the polls ----

lines_day() { # WHO
  local new changed order poll polls=$((86400 / 50 + 86400 / 900)) item
  start_centre "$1" day
  start_counter "$1-day" "${centre_port[$1/day]}"
  join_centre "$1" day daily 360426 "${counter_port[$1-day]}"
  node "$1" day column add 通知 >/dev/null
  node "$1" daily column add 通知 >/dev/null
  node "$1" daily column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  node "$1" daily sync >/dev/null
  new=$(lines_sessions "$1" "$work/few.jsonl" 17)
  head -n 5 "$work/few.jsonl" | sed 's/"title":"/"title":"更正：/' >"$work/changed.jsonl"
  changed=$(lines_sessions "$1" "$work/changed.jsonl" 5)
  item=$(lines_publish "$1" day Notice)
  node "$1" day repost issue "$item" --to all --column 通知 >/dev/null
  counted "$1-day" >/dev/null
  node "$1" daily sync >/dev/null
  order=$(counted "$1-day" | sum)
  node "$1" daily sync >/dev/null
  poll=$(counted "$1-day" | sum)
  record_octets 'a county a day: 17 new items' "$1" "$new" 1
  record_octets '… 5 changed items' "$1" "$changed" 1
  record_octets '… a mandate, its item and receipt' "$1" "$order" 1
  record_octets '… one poll' "$1" "$poll" 1
  record_octets "… $polls polls" "$1" $((poll * polls)) 1
  record_octets '… in all' "$1" $((new + changed + order + poll * polls)) 1
  stop_centre "$1" day
}

# Octets of a session for each of so many lines.
lines_sessions() { # WHO FILE COUNT
  local number
  counted "$1-day" >/dev/null
  for number in $(seq "$3"); do
    sed -n "${number}p" "$2" >"$work/line.jsonl"
    node "$1" daily item import "$work/line.jsonl" >/dev/null
    node "$1" daily sync >/dev/null
  done
  counted "$1-day" | sum
}
