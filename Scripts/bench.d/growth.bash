# How costs grow: with items (10,000, 100,000, and 1,000,000 with --large), and with enrolled sites (60, 600, and 6,000
# with --large). Sourced by Scripts/bench; prints its own table.

measure_growth() {
  local count round
  for count in $(grown_items); do grow_items "$count"; done
  for round in $(seq "$growth_pulls"); do
    for count in $(rotated "$round" $(grown_items)); do grow_pull "$count" "$round"; done
  done
  for round in $(seq 10); do
    for count in $(rotated "$round" $(grown_items)); do grow_change "$count" "$round"; done
  done
  for round in 1 2 3 4 5; do
    for count in $(rotated "$round" $(grown_items)); do
      idle_polls "$(items_named "$count"): polls a second" ours "reader-$count-1" 360431 "library-$count"
    done
  done
  for count in $(grown_items); do
    record "$(items_named "$count"): store of the county" ours "$(du -sk "$work/ours/county-$count" | awk '{ print $1 / 1024 }')" '' '' MB
    stop_centre ours "library-$count"
  done
  for count in 60 600 ${large:+6000}; do grow_sites "$count"; done
  sort -s -k 1.1,1.15 -o "$results" "$results"
  print_table
  [ -n "$json" ] || awk -f "$parts/nation.awk" "$results"
}
growth_pulls=3

grown_items() { echo 10000 100000 ${large:+1000000}; }

items_named() { printf '%9d items' "$1"; }

# A centre with so many items of a county, and the sites that are to pull them.
grow_items() { # COUNT
  local round name
  name=$(items_named "$1")
  make_items "$1" 1 0 p >"$work/items.jsonl"
  start_centre ours "library-$1"
  join_centre ours "library-$1" "county-$1" 360423
  node ours "county-$1" column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  metered "$name: import" ours '' "$program" --dir "$work/ours/county-$1" --json item import "$work/items.jsonl"
  metered "$name: first push" ours "${centre_pid[ours/library-$1]}" "$program" --dir "$work/ours/county-$1" --json sync
  record_octets "$name: octets an item" ours $(($(field bytes_sent <"$work/answer") + $(field bytes_received <"$work/answer"))) "$1"
  for round in $(seq "$growth_pulls"); do
    join_centre ours "library-$1" "reader-$1-$round" "36043$round"
    node ours "county-$1" sync >/dev/null
    grow_grants "county-$1" "36043$round"
  done
}

# The first pull of one of them: sizes in rotation, since the pace of a machine changes by the hour.
grow_pull() { # COUNT ROUND
  metered "$(items_named "$1"): first pull" ours "${centre_pid[ours/library-$1]}" \
    "$program" --dir "$work/ours/reader-$1-$2" --json sync
  expect 'items pulled' "$(node ours "reader-$1-$2" status | field items)" "$1"
}

# Ten changes pulled, a session with nothing to do.
grow_change() { # COUNT ROUND
  local name reader=$work/ours/reader-$1-1
  name=$(items_named "$1")
  items=$1
  make_items 10 1 1 p >"$work/ten.jsonl"
  sed -i "s/\"title\":\"/\"title\":\"$2/" "$work/ten.jsonl"
  node ours "county-$1" item import "$work/ten.jsonl" >/dev/null
  node ours "county-$1" sync >/dev/null
  metered "$name: pull of 10 changes" ours "${centre_pid[ours/library-$1]}" "$program" --dir "$reader" --json sync
  expect 'changes pulled' "$(field pulled <"$work/answer")" 10
  metered "$name: idle session" ours "${centre_pid[ours/library-$1]}" "$program" --dir "$reader" --json sync
}

# The county shares its hundred columns.
grow_grants() { # NODE SITE
  local column
  for column in $(seq 0 99); do node ours "$1" column grant "栏目/$column" "$2" --share >/dev/null; done
  node ours "$1" sync >/dev/null
}

# All of them, of which a process serves some: each node holds seven descriptors.
start_sites() { # COUNT
  local first last root
  sites_pids=()
  : >"$work/ours/sites.log"
  for ((first = 1; first <= $1; first += sites_in_one)); do
    last=$((first + sites_in_one - 1 < $1 ? first + sites_in_one - 1 : $1))
    root=$work/ours/sites-orders/$((first / sites_in_one))
    mkdir -p "$root"
    mv $(seq -f "$work/ours/sites-orders/37%04.0f" "$first" "$last") "$root"
    (ulimit -n "$(ulimit -Hn)" && exec "$program" serve --root "$root" --listen 127.0.0.1:0) \
      >>"$work/ours/sites.log" 2>&1 &
    sites_pids+=($!)
    started+=($!)
  done
}
sites_in_one=1000

# With so many enrolled sites, all nodes that wait: an order to all with receipts, a poll of one.
grow_sites() { # COUNT
  local name round item seconds later before after pids pid
  name=$(printf '%9d sites' "$1")
  start_centre ours orders
  say "$1 sites are made"
  make_sites ours orders "$1"
  node ours orders column add 通知 >/dev/null
  seconds=$EPOCHREALTIME
  start_sites "$1"
  until [ "$(grep -c in_step=true "$work/ours/sites.log")" -ge "$1" ]; do sleep 0.1; done
  record "$name: all in step at first" ours "$(awk -v a="$seconds" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
  sleep 3
  pids="${centre_pid[ours/orders]} ${sites_pids[*]}"
  record "$name: memory of the centre" ours "$("$work/meter" -t "${centre_pid[ours/orders]}" | awk '{ print $3 / 1024 }')" '' '' MB
  for round in $(seq "$rounds"); do
    item=$(node ours orders item add --column 通知 --title "Notice $round" --body '<p>To all.</p>' \
      --published-at 2026-01-01T08:00:00+08:00 --publish | field id)
    before=$("$work/meter" -t $pids)
    "$work/poll" until "$work/ours/sites.log" pushed "$1" lines -- \
      "$program" --dir "$work/ours/orders" repost issue "$item" --to all --column 通知 >"$work/mandate.out"
    read -r seconds later <"$work/mandate.out"
    sleep 1
    after=$("$work/meter" -t $pids)
    expect receipts "$(reposted ours "$item")" "$1"
    record "$name: mandate, with receipts" ours "$seconds" "$(awk -v a="${before%% *}" -v b="${after%% *}" 'BEGIN { print b - a }')"
  done
  for pid in "${sites_pids[@]}"; do end_process "$pid"; done
  cp "$work/ours/sites-orders/0/370001/keys.json" "$work/one.json"
  mkdir -p "$work/ours/one" && mv "$work/one.json" "$work/ours/one/keys.json"
  for round in 1 2 3 4 5; do idle_polls "$name: polls a second" ours one 370001 orders; done
  rm -rf "${work:?}/ours/sites-orders" "${work:?}/ours/one"
  stop_centre ours orders
}
