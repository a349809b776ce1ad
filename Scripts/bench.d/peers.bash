# Other programs that keep copies in step, as far as they are installed. Each has a two-ended job like ours: what it
# copies are the lines of the workload, a row or a file each. Sourced by Scripts/bench.

install_peers() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    git nginx fcgiwrap fossil postgresql rsync sqlite3 && python3 -m pip install --quiet apsw
}

postgres_programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
sqlite_rsync=$(command -v sqlite3_rsync || python3 -c 'import apsw, os
print(os.path.join(os.path.dirname(apsw.__file__), "sqlite_extra_binaries", "sqlite3_rsync"))' 2>/dev/null || true)

installed() {
  case "$1" in
    postgres) [ -x "$postgres_programs/initdb" ] && id postgres >/dev/null 2>&1 ;;
    sqlite_rsync) [ -x "$sqlite_rsync" ] ;;
    git) command -v git && command -v nginx && command -v fcgiwrap ;;
    *) command -v "$1" ;;
  esac >/dev/null 2>&1
}

# The installed ones that can do a case; the others are named as absent, once.
peers_of() { # CASE
  local all='' peer
  case "$1" in
    pull | wire) all='postgres git fossil sqlite_rsync rsync' ;;
    changed) all='postgres git sqlite_rsync rsync' ;;
    push) all='postgres git' ;;
    spread) all='postgres git' ;;
    idle) all='git fossil' ;;
  esac
  for peer in $all; do
    if [ -n "${NO_PEERS:-}" ]; then :; elif installed "$peer"; then echo "$peer"; else say "absent: $peer"; fi
  done
}

stop_peers() {
  local name
  for name in a b c; do
    [ ! -d "$work/pg/$name" ] || as_postgres "$postgres_programs/pg_ctl" -D "$work/pg/$name" -m immediate stop >/dev/null 2>&1 || true
  done
}

# ---- PostgreSQL: logical replication from a to b, and on to c; as it is installed, but for wal_level ----

as_postgres() { (cd "$work/pg" && setpriv --reuid postgres --regid postgres --clear-groups "$@"); }

declare -A postgres_port postgres_pid

postgres_ready() {
  [ ! -d "$work/pg" ] || return 0
  local name
  chmod 711 "$work"
  install -d -o postgres "$work/pg"
  for name in a b c; do
    as_postgres "$postgres_programs/initdb" -D "$work/pg/$name" -A trust -U postgres --locale=C -E UTF8 >/dev/null
    postgres_port[$name]=$(free_port)
    as_postgres "$postgres_programs/pg_ctl" -w -D "$work/pg/$name" -l "$work/pg/$name.log" -o "-p ${postgres_port[$name]} -k $work/pg \
      -c listen_addresses=127.0.0.1 -c wal_level=logical -c wal_retrieve_retry_interval=10ms" start >/dev/null
    postgres_pid[$name]=$(head -n 1 "$work/pg/$name/postmaster.pid")
    sql "$name" -c 'CREATE TABLE records(key text PRIMARY KEY, digest bytea NOT NULL, body text NOT NULL)' >/dev/null
  done
  start_counter postgres "${postgres_port[a]}"
  sql a -c 'CREATE PUBLICATION all_records FOR TABLE records' >/dev/null
  sql b -c 'CREATE PUBLICATION all_records FOR TABLE records' >/dev/null
  postgres_load "$work/items.jsonl"
}

sql() { # NAME WORDS…
  "$postgres_programs/psql" -qAtX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "${postgres_port[$1]}" -U postgres "${@:2}"
}

# Lines into a table that is put into `records` of a: with the same statement new rows are added, old ones changed.
postgres_load() { # FILE
  { echo 'CREATE TEMP TABLE lines(body text);'
    echo "\\copy lines FROM '$1' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
    echo "INSERT INTO records SELECT body::json->>'external_id', sha256(convert_to(body, 'UTF8')), body FROM lines
      ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, body = excluded.body;"
  } | sql a -f - >/dev/null
}

# A statement that ends once a query says true.
postgres_until() { echo "DO \$\$ BEGIN WHILE NOT ($1) LOOP PERFORM pg_sleep(0.002); END LOOP; END \$\$"; }

postgres_pids() { echo "${postgres_pid[a]} ${postgres_pid[b]}"; }

postgres_subscribe() { # CASE COUNT PORT
  sql b -c 'TRUNCATE records' >/dev/null
  metered "$1" PostgreSQL "$(postgres_pids)" "$postgres_programs/psql" -qAtX -h 127.0.0.1 -p "${postgres_port[b]}" -U postgres \
    -c "CREATE SUBSCRIPTION copy CONNECTION 'host=127.0.0.1 port=$3 user=postgres sslmode=disable' PUBLICATION all_records" \
    -c "$(postgres_until "SELECT bool_and(srsubstate IN ('s', 'r')) FROM pg_subscription_rel")"
  expect 'PostgreSQL' "$(sql b -c 'SELECT count(*) FROM records')" "$2"
}

postgres_unsubscribe() { sql b -c 'DROP SUBSCRIPTION IF EXISTS copy' >/dev/null 2>&1; }

pull_postgres() {
  postgres_ready
  postgres_unsubscribe
  postgres_subscribe 'first pull' "$(sql a -c 'SELECT count(*) FROM records')" "${postgres_port[a]}"
  postgres_unsubscribe
}

wire_postgres() {
  postgres_ready
  postgres_unsubscribe
  counted postgres >/dev/null
  postgres_subscribe - "$items" "${counter_port[postgres]}"
  record_octets 'octets an item, first pull' PostgreSQL "$(counted postgres | sum)" "$items"
}

# Rows that were added while the subscription was off.
push_postgres() { # - CODE COUNT
  postgres_ready
  [ -n "$(sql b -c 'SELECT 1 FROM pg_subscription')" ] || postgres_subscribe - "$(sql a -c 'SELECT count(*) FROM records')" "${postgres_port[a]}"
  sql b -c 'ALTER SUBSCRIPTION copy DISABLE' >/dev/null
  sleep 0.3
  sed "s/\"external_id\":\"n/\"external_id\":\"n$2/" "$work/new.jsonl" >"$work/new-postgres.jsonl"
  postgres_load "$work/new-postgres.jsonl"
  local all
  all=$(sql a -c 'SELECT count(*) FROM records')
  metered "push of $3" PostgreSQL "$(postgres_pids)" "$postgres_programs/psql" -qAtX -h 127.0.0.1 -p "${postgres_port[b]}" -U postgres \
    -c 'ALTER SUBSCRIPTION copy ENABLE' -c "$(postgres_until "SELECT EXISTS (SELECT FROM records WHERE key = '$(postgres_last)')")"
  expect 'PostgreSQL push' "$(sql b -c 'SELECT count(*) FROM records')" "$all"
}

# All rows of one transaction come at once, so any of them tells.
postgres_last() { tail -n 1 "$work/new-postgres.jsonl" | field external_id; }

changed_postgres() { # - ROUND
  postgres_ready
  if [ "$(sql b -c 'SELECT subconninfo FROM pg_subscription' | grep -c "${counter_port[postgres]}")" = 0 ]; then
    postgres_unsubscribe
    postgres_subscribe - "$(sql a -c 'SELECT count(*) FROM records')" "${counter_port[postgres]}"
    sleep 1
  fi
  counted postgres >/dev/null
  postgres_load "$work/changes-$2.jsonl"
  postgres_await b "$(tail -n 1 "$work/changes-$2.jsonl")"
  sleep 0.3
  record_octets 'octets a changed item' PostgreSQL "$(counted postgres | sum)" "$(wc -l <"$work/changes-$2.jsonl")"
}

# Until the row of a line has its digest there.
postgres_await() { # NAME LINE
  local key digest
  key=$(field external_id <<<"$2")
  digest=$(sql a -c "SELECT encode(digest, 'hex') FROM records WHERE key = '$key'")
  sql "$1" -c "$(postgres_until "SELECT EXISTS (SELECT FROM records WHERE key = '$key' AND encode(digest, 'hex') = '$digest')")"
}

spread_postgres() { # - ROUND COUNT
  postgres_ready
  if [ -z "$(sql c -c 'SELECT 1 FROM pg_subscription')" ]; then
    postgres_unsubscribe
    postgres_subscribe - "$(sql a -c 'SELECT count(*) FROM records')" "${postgres_port[a]}"
    sql c -c "CREATE SUBSCRIPTION onward CONNECTION 'host=127.0.0.1 port=${postgres_port[b]} user=postgres sslmode=disable' PUBLICATION all_records" \
      -c "$(postgres_until "SELECT bool_and(srsubstate IN ('s', 'r')) FROM pg_subscription_rel")" >/dev/null
    sleep 1
  fi
  local from pids
  pids="$(postgres_pids) ${postgres_pid[c]}"
  from=$("$work/meter" -t $pids)
  local begun
  begun=$(date +%s.%N)
  postgres_load "$work/spread.jsonl"
  postgres_await c "$(tail -n 1 "$work/spread.jsonl")"
  local ended after
  ended=$(date +%s.%N)
  after=$("$work/meter" -t $pids)
  record "$3 changed items, end to end" PostgreSQL "$(awk -v a="$begun" -v b="$ended" 'BEGIN { print b - a }')" \
    "$(awk -v a="${from%% *}" -v b="${after%% *}" 'BEGIN { print b - a }')"
}
