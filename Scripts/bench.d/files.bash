# Peers that copy files: git over HTTP, Fossil, rsync; and sqlite3_rsync, which copies a database. Sourced by Scripts/bench.

# A file for each line, in a hundred directories.
write_files() { # LINES DIRECTORY
  (mkdir -p "$2" && cd "$2" && seq -f 'd%02g' 0 99 | xargs mkdir -p && awk '{
    id = substr($0, 17, index(substr($0, 17), "\"") - 1)
    split(id, parts, "-")
    file = sprintf("d%02d/%s", index("0123456789abcdef", substr(parts[1], length(parts[1]))) * 6 - 3 + index("0123456789abcdef", substr(parts[1], length(parts[1]) - 1, 1)) % 6, id)
    print > file
    close(file)
  }' "$1")
}

# ---- git: a bare repository behind nginx and git http-backend ----

git_quiet() { git -c user.name=bench -c user.email=bench@example.org -c gc.auto=0 -c advice.detachedHead=false "$@"; }

git_ready() {
  [ ! -d "$work/git" ] || return 0
  mkdir -p "$work/git"
  git init -q --bare -b main "$work/git/all.git"
  git -C "$work/git/all.git" config http.receivepack true
  git -C "$work/git/all.git" config gc.auto 0
  write_files "$work/items.jsonl" "$work/git/source"
  git init -q -b main "$work/git/source"
  git_quiet -C "$work/git/source" add .
  git_quiet -C "$work/git/source" commit -qm all
  git_port=$(free_port)
  chmod 711 "$work"
  printf '%s\n' "user root; worker_processes 1; pid $work/git/nginx.pid; error_log $work/git/nginx.log; daemon off;
    events { worker_connections 64; }
    http { access_log off; client_max_body_size 0; fastcgi_read_timeout 600; server { listen 127.0.0.1:$git_port;
      location / { fastcgi_pass unix:$work/git/socket; fastcgi_param SCRIPT_FILENAME $(git --exec-path)/git-http-backend;
        fastcgi_param GIT_PROJECT_ROOT $work/git; fastcgi_param GIT_HTTP_EXPORT_ALL 1; fastcgi_param PATH_INFO \$uri;
        fastcgi_param QUERY_STRING \$query_string; fastcgi_param REQUEST_METHOD \$request_method; fastcgi_param REMOTE_USER bench;
        fastcgi_param CONTENT_TYPE \$content_type; fastcgi_param CONTENT_LENGTH \$content_length;
        fastcgi_param HTTP_CONTENT_ENCODING \$http_content_encoding; fastcgi_param GIT_PROTOCOL \$http_git_protocol; } } }" \
    >"$work/git/nginx.conf"
  fcgiwrap -c 4 -s "unix:$work/git/socket" >"$work/git/wrap.log" 2>&1 &
  git_pids=$!
  started+=($!)
  nginx -c "$work/git/nginx.conf" >/dev/null 2>&1 &
  git_pids="$git_pids $!"
  started+=($!)
  wait_for "$git_port"
  start_counter git "$git_port"
  git_quiet -C "$work/git/source" -c http.postBuffer=1000000000 push -q "http://127.0.0.1:$git_port/all.git" main
}

pull_git() {
  git_ready
  metered 'first pull' 'git, bare' "$git_pids" git clone -q --bare "http://127.0.0.1:$git_port/all.git" "$work/git/copy"
  expect git "$(git -C "$work/git/copy" ls-tree -r --name-only main | wc -l)" "$items"
  rm -rf "$work/git/copy"
  metered 'first pull' 'git, files' "$git_pids" git clone -q "http://127.0.0.1:$git_port/all.git" "$work/git/copy"
  rm -rf "$work/git/copy"
}

wire_git() {
  git_ready
  counted git >/dev/null
  git clone -q --bare "http://127.0.0.1:${counter_port[git]}/all.git" "$work/git/copy"
  record_octets 'octets an item, first pull' git "$(counted git | sum)" "$items"
  rm -rf "$work/git/copy"
}

push_git() { # - CODE COUNT
  git_ready
  sed "s/\"external_id\":\"n/\"external_id\":\"n$2/" "$work/new.jsonl" >"$work/new-git.jsonl"
  write_files "$work/new-git.jsonl" "$work/git/source"
  git_quiet -C "$work/git/source" add .
  git_quiet -C "$work/git/source" commit -qm more
  metered "push of $3" git "$git_pids" git -C "$work/git/source" -c http.postBuffer=1000000000 push -q \
    "http://127.0.0.1:$git_port/all.git" main
}

git_change() { # LINES
  write_files "$1" "$work/git/source"
  git_quiet -C "$work/git/source" add .
  git_quiet -C "$work/git/source" commit -qm changed
}

changed_git() { # - ROUND
  git_ready
  git_change "$work/changes-$2.jsonl"
  counted git >/dev/null
  git -C "$work/git/source" push -q "http://127.0.0.1:${counter_port[git]}/all.git" main
  record_octets 'octets a changed item' git "$(counted git | sum)" "$(wc -l <"$work/changes-$2.jsonl")"
}

spread_git() { # - ROUND COUNT
  git_ready
  local from till
  if [ ! -d "$work/git/reader" ]; then
    git clone -q "http://127.0.0.1:$git_port/all.git" "$work/git/reader"
  fi
  write_files "$work/spread.jsonl" "$work/git/source"
  from=$(date +%s.%N)
  git_quiet -C "$work/git/source" add .
  git_quiet -C "$work/git/source" commit -qm changed
  git -C "$work/git/source" push -q "http://127.0.0.1:$git_port/all.git" main
  git_quiet -C "$work/git/reader" pull -q --ff-only
  till=$(date +%s.%N)
  record "$3 changed items, end to end" git "$(awk -v a="$from" -v b="$till" 'BEGIN { print b - a }')"
}

idle_git() {
  git_ready
  if [ ! -d "$work/git/idle" ]; then
    git clone -q --bare "http://127.0.0.1:$git_port/all.git" "$work/git/idle"
    git -C "$work/git/idle" config remote.origin.fetch '+refs/heads/*:refs/heads/*'
  fi
  metered 'nothing to do, one process' 'git fetch' "$git_pids" git -C "$work/git/idle" fetch -q origin
}

# ---- Fossil: the same history, served by itself ----

fossil_ready() {
  [ ! -d "$work/fossil" ] || return 0
  git_ready
  mkdir -p "$work/fossil/home"
  export FOSSIL_HOME=$work/fossil/home FOSSIL_USER=bench USER=bench
  git -C "$work/git/source" fast-export --all 2>/dev/null | fossil import --git --no-rebuild "$work/fossil/all.fossil" >/dev/null 2>&1
  fossil rebuild "$work/fossil/all.fossil" >/dev/null 2>&1
  fossil user capabilities nobody cghorvzi -R "$work/fossil/all.fossil" >/dev/null 2>&1 || true
  fossil user capabilities anonymous cghorvzi -R "$work/fossil/all.fossil" >/dev/null 2>&1 || true
  fossil_port=$(free_port)
  fossil server --port "$fossil_port" --localauth "$work/fossil/all.fossil" >"$work/fossil/log" 2>&1 &
  fossil_pid=$!
  started+=($!)
  wait_for "$fossil_port"
  start_counter fossil "$fossil_port"
}

fossil_clone() { # CASE PORT
  rm -f "$work/fossil/copy.fossil"
  metered "$1" Fossil "$fossil_pid" fossil clone "http://127.0.0.1:$2/" "$work/fossil/copy.fossil"
}

pull_fossil() { fossil_ready && fossil_clone 'first pull' "$fossil_port"; }

wire_fossil() {
  fossil_ready
  counted fossil >/dev/null
  fossil_clone - "${counter_port[fossil]}"
  record_octets 'octets an item, first pull' Fossil "$(counted fossil | sum)" "$items"
}

idle_fossil() {
  fossil_ready
  [ -s "$work/fossil/copy.fossil" ] || fossil_clone - "$fossil_port"
  metered 'nothing to do, one process' 'Fossil pull' "$fossil_pid" fossil pull "http://127.0.0.1:$fossil_port/" --once \
    -R "$work/fossil/copy.fossil"
}

# ---- rsync -z over its own protocol, of the files ----

rsync_ready() {
  [ ! -s "$work/rsyncd.conf" ] || return 0
  write_files "$work/items.jsonl" "$work/rsync-source"
  rsync_port=$(free_port)
  printf '%s\n' "use chroot = no
[all]
path = $work/rsync-source
uid = 0
gid = 0
read only = yes" >"$work/rsyncd.conf"
  rsync --daemon --no-detach --port="$rsync_port" --address=127.0.0.1 --config="$work/rsyncd.conf" >/dev/null 2>&1 &
  rsync_pid=$!
  started+=($!)
  wait_for "$rsync_port"
  start_counter rsync "$rsync_port"
}

pull_rsync() {
  rsync_ready
  metered 'first pull' 'rsync -z' "$rsync_pid" rsync -az "rsync://127.0.0.1:$rsync_port/all/" "$work/rsync-copy/"
  rm -rf "$work/rsync-copy"
}

wire_rsync() {
  rsync_ready
  counted rsync >/dev/null
  rsync -az "rsync://127.0.0.1:${counter_port[rsync]}/all/" "$work/rsync-copy/"
  record_octets 'octets an item, first pull' 'rsync -z' "$(counted rsync | sum)" "$items"
}

changed_rsync() { # - ROUND
  rsync_ready
  rsync -az "rsync://127.0.0.1:$rsync_port/all/" "$work/rsync-copy/"
  write_files "$work/changes-$2.jsonl" "$work/rsync-source"
  counted rsync >/dev/null
  rsync -az "rsync://127.0.0.1:${counter_port[rsync]}/all/" "$work/rsync-copy/"
  record_octets 'octets a changed item' 'rsync -z' "$(counted rsync | sum)" "$(wc -l <"$work/changes-$2.jsonl")"
}

# ---- sqlite3_rsync: pages of the database of the floor ----

pull_sqlite_rsync() {
  floor_ready
  metered 'first pull' sqlite3_rsync '' "$sqlite_rsync" "$work/floor.db" "$work/pages.db"
  expect sqlite3_rsync "$(sqlite3 "$work/pages.db" 'SELECT count(*) FROM records')" "$items"
  rm -f "$work"/pages.db*
}

# What it says that it sent and received.
sqlite_rsync_octets() { # SOURCE TARGET
  "$sqlite_rsync" -v "$1" "$2" | sed -nE 's/.*sent ([0-9,]+) bytes, received ([0-9,]+) bytes.*/\1 \2/p' | tr -d , | sum
}

wire_sqlite_rsync() {
  floor_ready
  record_octets 'octets an item, first pull' sqlite3_rsync "$(sqlite_rsync_octets "$work/floor.db" "$work/pages.db")" "$items"
  rm -f "$work"/pages.db*
}

changed_sqlite_rsync() { # - ROUND
  floor_ready
  [ -s "$work/pages.db" ] || "$sqlite_rsync" "$work/floor.db" "$work/pages.db"
  "$work/floor" edit "$work/changes-$2.jsonl" "$work/floor.db" >/dev/null
  record_octets 'octets a changed item' sqlite3_rsync "$(sqlite_rsync_octets "$work/floor.db" "$work/pages.db")" \
    "$(wc -l <"$work/changes-$2.jsonl")"
}
