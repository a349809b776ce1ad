# Nodes of sitegroup. Each contestant (ours, other) has a tree of its own and its own program. Sourced by Scripts/bench.

binary() { [ "$1" = other ] && echo "$other" || echo "$program"; }

node() { # WHO NODE WORDS…
  "$(binary "$1")" --dir "$work/$1/$2" --json "${@:3}"
}

contestants() { [ -n "$other" ] && echo "ours other" || echo ours; }

declare -A centre_port centre_pid

# A centre under a name of its own, serving.
start_centre() { # WHO NAME
  local who=$1 name=$2 port digest=sha-256
  port=$(free_port)
  mkdir -p "$work/$who"
  [ "$who" != other ] || [ -z "$sm3" ] || digest=sm3
  node "$who" "$name" init --code 360400 --name Centre --kind central --digest "$digest" >/dev/null
  "$(binary "$who")" --dir "$work/$who/$name" serve --listen "127.0.0.1:$port" >"$work/$who/$name.log" 2>&1 &
  centre_pid[$who/$name]=$!
  centre_port[$who/$name]=$port
  started+=($!)
  wait_for "$port"
  sleep 1.1 # what was signed in the second of the start is refused as a possible replay
}

stop_centre() { # WHO NAME
  end_process "${centre_pid[$1/$2]}"
  rm -rf "${work:?}/$1/$2"
}

# A county below a centre, by another port where given.
join_centre() { # WHO CENTRE NODE CODE [PORT]
  node "$1" "$3" init --code "$4" --name "County $4" --kind county \
    --upstream "http://127.0.0.1:${5:-${centre_port[$1/$2]}}" >/dev/null
  node "$1" "$3" enrol --token "$(node "$1" "$2" site token "$4" | field token)" >/dev/null
}

# The county 360423 with the whole workload, in step with its centre `library`: made once.
library_ready() { # WHO
  [ -z "${centre_pid[$1/library]:-}" ] || return 0
  workload
  start_centre "$1" library
  join_centre "$1" library county 360423
  node "$1" county column import "$work/columns.tsv" >/dev/null || [ $? -eq 1 ]
  metered import "$1" '' "$(binary "$1")" --dir "$work/$1/county" --json item import "$work/items.jsonl"
  expect import "$(field added <"$work/answer")" "$items"
  metered 'first push' "$1" "${centre_pid[$1/library]}" "$(binary "$1")" --dir "$work/$1/county" --json sync
  expect 'first push' "$(field in_step <"$work/answer")" true
}
