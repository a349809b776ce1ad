# What Scripts/demo needs to run nodes and to read their answers. Sourced; expects `sitegroup` (the program),
# `work` (a directory), `scratch` (one in it, each parallel job has its own), `lang` and `centre`.

declare -A daemon      # site code, or "centre" → process id
declare -A flat_answer # path in the last JSON answer → value

directory_of() { # SITE: departments are hosted beside the centre
  case "$1" in
    "$centre" | "$centre"-*) printf '%s' "$work/centre/$1" ;;
    *) printf '%s' "$work/county/$1" ;;
  esac
}

# Runs a command at a node, for people to read.
at() { # SITE ARGUMENT…
  local site=$1
  shift
  "$sitegroup" --dir "$(directory_of "$site")" --lang "$lang" "$@"
}

# Runs it and keeps what it says until somebody wants to know. Sets status.
quietly() { # SITE ARGUMENT…
  status=0
  at "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

# Runs a command that has to work: exit status 0, or 1 where it found something to tell.
must() { # SITE ARGUMENT…
  quietly "$@"
  [ "$status" -le 1 ] || stop_with "$*" "$scratch/err"
}

# Runs a command with --json and takes its answer apart: value PATH then reads it.
ask() { # SITE ARGUMENT…
  local path value
  must "$@" --json
  flat_answer=()
  while IFS=$'\t' read -r path value; do
    flat_answer[$path]=$value
  done < <(flatten <"$scratch/out")
}

value() { # PATH
  printf '%s' "${flat_answer[$1]-}"
}

# How many members the list PATH of the last answer has.
count_of() { # LIST MEMBER
  local n=0
  while [ -n "${flat_answer[$1.$n.$2]+x}" ]; do n=$((n + 1)); done
  printf '%s' "$n"
}

# The index in the list PATH whose MEMBER is VALUE; nothing where there is none.
index_of() { # LIST MEMBER VALUE
  local n=0
  while [ -n "${flat_answer[$1.$n.$2]+x}" ]; do
    [ "${flat_answer[$1.$n.$2]}" = "$3" ] && { printf '%s' "$n"; return; }
    n=$((n + 1))
  done
}

# All values of MEMBER in the list, one a line.
members() { # LIST MEMBER
  local n=0
  while [ -n "${flat_answer[$1.$n.$2]+x}" ]; do
    printf '%s\n' "${flat_answer[$1.$n.$2]}"
    n=$((n + 1))
  done
}

# JSON on standard input as lines of path, tab, value: items.0.title<tab>…
flatten() {
  LC_ALL=C grep -aoE '"(\\.|[^"\\])*"|[][{},:]|[^][{},:"[:space:]]+' | LC_ALL=C awk '
    function path(  i, text) {
      for (i = 1; i <= depth; i++) text = text (i > 1 ? "." : "") key[i]
      return text
    }
    function begin() { if (kind[depth] == "[") key[depth] = next_index[depth]++ }
    $0 == "{" || $0 == "[" {
      begin(); depth++; kind[depth] = $0; next_index[depth] = 0; wants_key = $0 == "{"; next
    }
    $0 == "}" || $0 == "]" { depth--; wants_key = 0; next }
    $0 == "," { wants_key = kind[depth] == "{"; next }
    $0 == ":" { wants_key = 0; next }
    {
      text = $0
      if (text ~ /^"/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/\\"/, "\"", text); gsub(/\\\//, "/", text)
      }
      if (wants_key) { key[depth] = text; next }
      begin(); print path() "\t" text
    }'
}

# The id of the item of that title at a node.
item_id() { # SITE TITLE
  ask "$1" item list --all --limit 1000
  local index
  index=$(index_of items title "$2")
  [ -n "$index" ] || stop_with "no item: $2" "$scratch/out"
  value "items.$index.id"
}

# Daemons.

start_daemon() { # NAME DIRECTORY PORT [ARGUMENT…]
  local name=$1 directory=$2 port=$3 log
  shift 3
  log="$work/log/$name"
  "$sitegroup" --dir "$directory" --lang "$lang" serve --listen "127.0.0.1:$port" "$@" \
    >"$log" 2>&1 &
  daemon[$name]=$!
}

await_daemon() { # NAME PORT
  local tries=0
  until (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do
    tries=$((tries + 1))
    kill -0 "${daemon[$1]}" 2>/dev/null || stop_with "serve $1" "$work/log/$1"
    [ "$tries" -lt 300 ] || stop_with "serve $1: port $2 stays closed" "$work/log/$1"
    sleep 0.05
  done
}

stop_daemon() { # NAME
  local pid=${daemon[$1]-}
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "daemon[$1]"
}

# The first of COUNT neighbouring ports that nobody listens on.
free_ports() { # COUNT
  local base offset
  for ((base = 18700; base < 30000; base += $1)); do
    for ((offset = 0; offset < $1; offset++)); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$((base + offset))") 2>/dev/null; then continue 2; fi
    done
    printf '%s' "$base"
    return
  done
}

# Runs `FUNCTION SITE` for several sites at once; the first failure ends the demo.
for_each() { # FUNCTION SITE…
  local function=$1 site pid pids=() failed=0
  shift
  for site in "$@"; do
    (
      scratch="$work/job/$site"
      mkdir -p "$scratch"
      "$function" "$site"
    ) &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ "$failed" -eq 0 ] || exit 1
}
