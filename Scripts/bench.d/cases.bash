# The cases. Each runs its contestants in rotation and checks what came of it. Sourced by Scripts/bench.

# ---- import: JSON Lines into a node without neighbours' help; and again, with nothing changed ----

case_import() {
  local who round
  workload
  for who in $(contestants); do
    library_ready "$who"
    for round in $(seq "$rounds"); do
      metered 'import again, nothing changed' "$who" '' "$(binary "$who")" --dir "$work/$who/county" --json \
        item import "$work/items.jsonl"
      expect 'import again' "$(field unchanged <"$work/answer")" "$items"
    done
  done
}

# ---- pull: an empty replica of all ----

case_pull() {
  local round who all
  workload
  for who in $(contestants); do library_ready "$who"; done
  floor_ready
  all=($(contestants) floor pipeline $(peers_of pull))
  say "pull: ${all[*]}, $rounds rounds"
  for round in $(seq "$rounds"); do
    for who in $(rotated "$round" "${all[@]}"); do "pull_$who" "$who"; done
  done
}

pull_ours() { # WHO
  join_centre "$1" library again 360423
  metered 'first pull' "$1" "${centre_pid[$1/library]}" "$(binary "$1")" --dir "$work/$1/again" --json sync
  expect 'first pull' "$(field in_step <"$work/answer")" true
  metered 'first read after the pull' "$1" '' "$(binary "$1")" --dir "$work/$1/again" --json item list --limit 1
  expect 'items pulled' "$(node "$1" again status | field items)" "$items"
  rm -rf "${work:?}/$1/again"
}

pull_other() { pull_ours other; }

floor_ready() {
  [ -s "$work/floor.db" ] || "$work/floor" load "$work/items.jsonl" "$work/floor.db"
}

# Its own clock and processor time: reading the file is not its work.
pull_floor() {
  local count seconds cpu
  read -r count seconds cpu < <("$work/floor" insert "$work/items.jsonl" "$work/bare.db")
  expect 'floor' "$count" "$items"
  record 'first pull' 'C: only inserts' "$seconds" "$cpu"
  rm -f "$work"/bare.db*
}

pull_pipeline() { pipeline 'first pull' "$work/floor.db" "$work/sink.db" && rm -f "$work"/sink.db*; }

# CASE SOURCE TARGET [AFTER]: select, deflate, TCP, inflate, upsert.
pipeline() {
  local port receiver
  port=$(free_port)
  rm -f "$work/ready"
  "$work/floor" receive "$3" "$port" >"$work/ready" &
  receiver=$!
  until [ -s "$work/ready" ]; do sleep 0.01; done
  metered "$1" 'C pipeline' "$receiver" "$work/floor" send "$2" "$port" ${4:+"$4"}
  wait "$receiver"
}

# ---- push: 10,000 new items of one county ----

case_push() {
  local round who all count=$((items < 10000 ? items : 10000))
  make_items "$count" 5000001 0 n >"$work/new.jsonl"
  "$work/floor" load "$work/new.jsonl" "$work/new.db"
  for who in $(contestants); do start_centre "$who" push; done
  all=($(contestants) pipeline $(peers_of push))
  say "push: ${all[*]}, $rounds rounds"
  for round in $(seq "$rounds"); do
    for who in $(rotated "$round" "${all[@]}"); do "push_$who" "$who" "$((360500 + round))" "$count"; done
  done
  for who in $(contestants); do stop_centre "$who" push; done
  rm -f "$work"/new.db*
}

push_ours() { # WHO CODE COUNT
  join_centre "$1" push pusher "$2"
  node "$1" pusher column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  node "$1" pusher sync >/dev/null
  node "$1" pusher item import "$work/new.jsonl" >/dev/null
  metered "push of $3" "$1" "${centre_pid[$1/push]}" "$(binary "$1")" --dir "$work/$1/pusher" --json sync
  expect 'push' "$(field pushed <"$work/answer") $(field in_step <"$work/answer")" "$3 true"
  rm -rf "${work:?}/$1/pusher"
}

push_other() { push_ours other "$2" "$3"; }

push_pipeline() { pipeline "push of $3" "$work/new.db" "$work/sink.db" && rm -f "$work"/sink.db*; }
