# Cases that count octets, and the end to end one. Sourced by Scripts/bench.

# Counts what goes to a port: afterwards `counted` says what went since the last time, as UP DOWN.
start_counter() { # NAME TARGET-PORT: the port in ${counter_port[NAME]}
  counter_port[$1]=$(free_port)
  mkfifo "$work/counter-$1"
  "$work/meter" -l "${counter_port[$1]}" "$2" <>"$work/counter-$1" >"$work/counted-$1" &
  started+=($!)
  wait_for "${counter_port[$1]}"
  counted "$1" >/dev/null
}

declare -A counter_port

counted() { # NAME
  local before
  sleep 0.1
  before=$(wc -l <"$work/counted-$1")
  echo >"$work/counter-$1"
  until [ "$(wc -l <"$work/counted-$1")" -gt "$before" ]; do sleep 0.01; done
  tail -n 1 "$work/counted-$1"
}

sum() { awk '{ print $1 + $2 }'; }

# CASE WHO OCTETS COUNT: octets for each of so many.
record_octets() { record "$1" "$2" "$(awk -v a="$3" -v b="$4" 'BEGIN { print a / b }')" '' '' octets; }

# A county with all that the centre has, over a counted line; further cases write there. Made once.
writer_ready() { # WHO
  [ ! -d "$work/$1/writer" ] || return 0
  library_ready "$1"
  start_counter "$1" "${centre_port[$1/library]}"
  join_centre "$1" library writer 360423 "${counter_port[$1]}"
  counted "$1" >/dev/null
  metered - "$1" '' "$(binary "$1")" --dir "$work/$1/writer" --json sync
  local wire own
  wire=$(counted "$1" | sum)
  own=$(($(field bytes_sent <"$work/answer") + $(field bytes_received <"$work/answer")))
  expect 'octets that sync tells of' "$own" "$wire"
  record_octets 'octets an item, first pull' "$1" "$wire" "$items"
}

# ---- wire: octets an item of the first pull; gzip of everything as one stream beside it ----

case_wire() {
  local who
  for who in $(contestants); do writer_ready "$who"; done
  record_octets 'octets an item, first pull' 'gzip -6 of all' "$(gzip -6 -c "$work/items.jsonl" | wc -c)" "$items"
  for who in $(peers_of wire); do "wire_$who"; done
}

# ---- changed: one item in a hundred gets another title or paragraph, and goes upward ----

changes_ready() { # ROUND: items in $work/changes-ROUND.jsonl
  [ -s "$work/changes-$1.jsonl" ] ||
    make_items "$items" 1 100 p "$1" >"$work/changes-$1.jsonl"
}

case_changed() {
  local round who
  for who in $(contestants); do writer_ready "$who"; done
  for round in $(seq "$rounds"); do
    changes_ready "$round"
    for who in $(contestants) $(peers_of changed); do "changed_$who" "$who" "$round"; done
  done
}

changed_ours() { # WHO ROUND
  local count
  node "$1" writer item import "$work/changes-$2.jsonl" >"$work/answer"
  count=$(field changed <"$work/answer")
  expect changed "$count" "$(wc -l <"$work/changes-$2.jsonl")"
  counted "$1" >/dev/null
  metered 'push of 1 % changed' "$1" "${centre_pid[$1/library]}" "$(binary "$1")" --dir "$work/$1/writer" --json sync
  expect 'changed items' "$(field pushed <"$work/answer") $(field in_step <"$work/answer")" "$count true"
  record_octets 'octets a changed item' "$1" "$(counted "$1" | sum)" "$count"
}

changed_other() { changed_ours other "$2"; }

# ---- spread: 1,000 changed items from one county by the centre to another that reads its columns ----

case_spread() {
  local round who count=$((items < 100000 ? items / 100 : 1000))
  for who in $(contestants); do spread_ready "$who"; done
  workload
  floor_ready
  for round in $(seq "$rounds"); do
    changes_ready "$((20 + round))"
    head -n "$count" "$work/changes-$((20 + round)).jsonl" >"$work/spread.jsonl"
    for who in $(rotated "$round" $(contestants) pipeline $(peers_of spread)); do "spread_$who" "$who" "$round" "$count"; done
  done
  for who in $(contestants); do
    end_process "${daemon_pid[$who/writer]}"
    end_process "${daemon_pid[$who/reader]}"
  done
}

declare -A daemon_pid

start_daemon() { # WHO NODE
  "$(binary "$1")" --dir "$work/$1/$2" serve --listen 127.0.0.1:0 >"$work/$1/$2.log" 2>&1 &
  daemon_pid[$1/$2]=$!
  started+=($!)
  until grep -qs listening "$work/$1/$2.log"; do sleep 0.05; done
}

spread_ready() { # WHO
  local column
  writer_ready "$1"
  join_centre "$1" library reader 360424
  node "$1" writer sync >/dev/null
  for column in $(seq 0 99); do
    node "$1" writer column grant "栏目/$column" 360424 --share >/dev/null
  done
  node "$1" writer sync >/dev/null
  node "$1" reader sync >/dev/null
  expect 'items of the reader' "$(node "$1" reader status | field items)" "$items"
  sed -i "s/127.0.0.1:${counter_port[$1]}/127.0.0.1:${centre_port[$1/library]}/" "$work/$1/writer/sitegroup.json5"
  start_daemon "$1" writer
  start_daemon "$1" reader
  sleep 2
}

# From the start of the import until the reader's session that brought the last of them has ended in step.
spread_ours() { # WHO ROUND COUNT
  local seconds later before after pids="${centre_pid[$1/library]} ${daemon_pid[$1/writer]} ${daemon_pid[$1/reader]}"
  before=$("$work/meter" -t $pids)
  "$work/poll" until "$work/$1/reader.log" pulled "$3" sum -- \
    "$(binary "$1")" --dir "$work/$1/writer" item import "$work/spread.jsonl" >"$work/spread.out"
  read -r seconds later <"$work/spread.out"
  sleep 0.3
  after=$("$work/meter" -t $pids)
  record "$3 changed items, end to end" "$1" "$seconds" \
    "$(awk -v a="${before%% *}" -v b="${after%% *}" 'BEGIN { print b - a }')"
  record "… of that after the import's answer" "$1" "$later"
}

spread_other() { spread_ours other "$2" "$3"; }

# The source takes the edits; a database between, and one behind it, take them by the pipeline.
spread_pipeline() { # - ROUND COUNT
  local after from till
  [ -s "$work/second.db" ] || { cp "$work/floor.db" "$work/second.db" && cp "$work/floor.db" "$work/third.db"; }
  from=$(date +%s.%N)
  after=$("$work/floor" edit "$work/spread.jsonl" "$work/floor.db")
  pipeline - "$work/floor.db" "$work/second.db" "$after"
  pipeline - "$work/second.db" "$work/third.db" "$after"
  till=$(date +%s.%N)
  record "$3 changed items, end to end" 'C pipeline' "$(awk -v a="$from" -v b="$till" 'BEGIN { print b - a }')"
}
