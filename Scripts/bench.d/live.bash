# Cases of nodes that wait: idle sessions, polls, memory, mandates, news. Sourced by Scripts/bench.

# ---- idle: one process of `sync` with nothing to do ----

case_idle() {
  local round who count=$((rounds * 4 < 20 ? 20 : rounds * 4))
  for who in $(contestants); do writer_ready "$who" && node "$who" writer sync >/dev/null; done
  for round in $(seq "$count"); do
    for who in $(rotated "$round" $(contestants) $(peers_of idle)); do "idle_$who" "$who"; done
  done
}

idle_ours() {
  metered 'nothing to do, one process' "$1" "${centre_pid[$1/library]}" "$(binary "$1")" --dir "$work/$1/writer" --json sync
  expect idle "$(field pushed <"$work/answer") $(field pulled <"$work/answer") $(field in_step <"$work/answer")" '0 0 true'
}

idle_other() { idle_ours other; }

# A signed request for the description of a link, as Docs/Protocol.md §4 has it.
signed_get() { # WHO NODE CODE PORT QUERY [ETAG]
  local key now parameters base signature
  key=$(tr -d ' \n' <"$work/$1/$2/keys.json" | sed -E 's/.*"upstream":\{[^}]*"key":"([0-9a-f]*)".*/\1/')
  now=$(date +%s)
  parameters="(\"@method\" \"@authority\" \"@path\" \"@query\");created=$now;expires=$((now + 290));nonce=\"0123456789abcdef\";keyid=\"$3\";alg=\"hmac-sha256\""
  base=$(printf '"@method": GET\n"@authority": 127.0.0.1:%s\n"@path": /sync/v1/link\n"@query": ?%s\n"@signature-params": %s' \
    "$4" "$5" "$parameters")
  signature=$(printf %s "$base" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
  printf 'GET /sync/v1/link%s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nSignature-Input: sig1=%s\r\nSignature: sig1=:%s:\r\n%s\r\n' \
    "${5:+?$5}" "$4" "$parameters" "$signature" "${6:+If-None-Match: $6
}" | sed 's/\r*$/\r/'
}

# The ETag of a node's link at its centre.
link_etag() { # WHO NODE CODE PORT
  signed_get "$@" '' >"$work/request"
  exec 4<>"/dev/tcp/127.0.0.1/$4"
  cat "$work/request" >&4
  local line etag
  while IFS= read -r line <&4 && line=${line%$'\r'} && [ -n "$line" ]; do
    [[ ${line,,} != etag:* ]] || etag=${line#*: }
  done
  exec 4>&-
  echo "$etag"
}

# ---- polls: idle polls of one process, against a static file of nginx in the same rotation ----

case_polls() {
  local round who server
  for who in $(contestants); do writer_ready "$who"; done
  if command -v nginx >/dev/null; then server=nginx && start_files; fi
  for round in $(seq "$rounds"); do
    for who in $(rotated "$round" $(contestants) ${server:-}); do "polls_$who" "$who"; done
  done
}

polls_ours() {
  idle_polls 'idle polls a second' "$1" writer 360423 library
}

# Polls of a node that find nothing new.
idle_polls() { # CASE WHO NODE CODE CENTRE
  local port=${centre_port[$2/$5]} etag
  etag=$(link_etag "$2" "$3" "$4" "$port")
  signed_get "$2" "$3" "$4" "$port" '' "$etag" >"$work/request"
  poll_rate "$1" "$2" "${centre_pid[$2/$5]}" "$port" 304
}

polls_other() { polls_ours other; }

poll_rate() { # CASE WHO PID PORT STATUS
  local requests status others before after
  before=$("$work/meter" -t "$3")
  read -r requests status others < <("$work/poll" rate "$4" "$work/request" 64 3)
  after=$("$work/meter" -t "$3")
  expect "$1 of $2" "$status $others" "$5 0"
  record "$1" "$2" "$requests" "$(awk -v a="${before%% *}" -v b="${after%% *}" 'BEGIN { print b - a }')" '' /s
}

# nginx as it is shipped, for one static file of the size of a link's description, whole and unchanged.
start_files() {
  files_port=$(free_port)
  mkdir -p "$work/files"
  chmod 711 "$work"
  head -c 200 /dev/zero >"$work/files/link"
  printf '%s\n' "worker_processes auto; pid $work/nginx.pid; error_log $work/nginx.log; daemon off;
    events { worker_connections 1024; }
    http { access_log off; keepalive_requests 100000000; sendfile on; open_file_cache max=100;
      server { listen 127.0.0.1:$files_port; root $work/files; } }" >"$work/nginx.conf"
  nginx -c "$work/nginx.conf" &
  files_pid=$!
  started+=($!)
  wait_for "$files_port"
}

polls_nginx() {
  local etag
  printf 'GET /link HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n' "$files_port" >"$work/request"
  poll_rate 'idle polls a second' 'nginx, file' "$files_pid" "$files_port" 200
  etag=$(stat -c '"%Y-%s"' "$work/files/link" | awk -F'["-]' '{ printf "\"%x-%x\"", $2, $3 }')
  printf 'GET /link HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nIf-None-Match: %s\r\n\r\n' "$files_port" "$etag" >"$work/request"
  poll_rate 'idle polls a second' 'nginx, 304' "$files_pid" "$files_port" 304
}

# ---- holds: memory of a centre with 5,000 long polls that wait ----

case_holds() {
  local who port etag cpu peak before present
  for who in $(contestants); do
    writer_ready "$who"
    port=${centre_port[$who/library]}
    etag=$(link_etag "$who" writer 360423 "$port")
    read -r cpu peak before < <("$work/meter" -t "${centre_pid[$who/library]}")
    signed_get "$who" writer 360423 "$port" wait=60 "$etag" >"$work/request"
    rm -f "$work/held"
    mkfifo "$work/keep"
    "$work/poll" hold "$port" "$work/request" 5000 <>"$work/keep" >"$work/held" &
    local holder=$!
    until [ -s "$work/held" ]; do sleep 0.05; done
    sleep 2
    expect 'connections that wait' "$(open_connections "$port")" 5000
    read -r cpu peak present < <("$work/meter" -t "${centre_pid[$who/library]}")
    printf . >"$work/keep"
    until [ "$(wc -l <"$work/held")" -ge 2 ]; do sleep 0.05; done
    expect 'long polls that wait' "$(tail -n 1 "$work/held")" 5000
    kill "$holder"
    wait "$holder" 2>/dev/null || true
    rm -f "$work/keep"
    record 'centre, before any long poll' "$who" "$(mebibytes "$before")" '' '' MB
    record 'centre with 5,000 idle long polls' "$who" "$(mebibytes "$present")" '' '' MB
  done
}

# Accepted by a process that listens on the port; what only waits there has no process.
open_connections() { # PORT
  awk -v port=":$(printf %04X "$1")" '$2 ~ port "$" && $4 == "01" && $10 > 0 { count++ } END { print count + 0 }' /proc/net/tcp
}

mebibytes() { awk -v k="$1" 'BEGIN { print k / 1024 }'; }

# ---- county: memory of a county's daemon that waits at its upstream ----

case_county() {
  local who cpu peak present
  for who in $(contestants); do
    writer_ready "$who"
    start_daemon "$who" writer
    sleep 4
    read -r cpu peak present < <("$work/meter" -t "${daemon_pid[$who/writer]}")
    end_process "${daemon_pid[$who/writer]}"
    record 'county daemon, idle' "$who" "$(mebibytes "$present")" '' '' MB
    record 'county daemon, at its most' "$who" "$(mebibytes "$peak")" '' '' MB
  done
}

# ---- mandate: an order to 600 sites that wait, each a node; receipts back at the centre ----

# So many nodes beneath one directory, enrolled.
make_sites() { # WHO CENTRE COUNT
  local number code port=${centre_port[$1/$2]} token
  mkdir -p "$work/$1/sites-$2"
  for number in $(seq "$3"); do
    code=$((370000 + number))
    "$(binary "$1")" --dir "$work/$1/sites-$2/$code" init --code "$code" --name "Site $code" --kind county \
      --upstream "http://127.0.0.1:$port" >/dev/null
    token=$(node "$1" "$2" site token "$code" | field token)
    "$(binary "$1")" --dir "$work/$1/sites-$2/$code" enrol --token "$token" >/dev/null
    "$(binary "$1")" --dir "$work/$1/sites-$2/$code" column add 通知 >/dev/null
  done
}

# Sites that have reposted an item, by the centre's own account.
reposted() { # WHO ITEM
  local order
  for order in $(node "$1" orders repost list | grep -o '"id":"[^"]*"' | cut -d'"' -f4); do
    node "$1" orders repost show "$order" | grep -q "\"item\":\"$2" || continue
    node "$1" orders repost show "$order" | grep -o '"state":"reposted"' | wc -l
  done
}

case_mandate() {
  local who round sites=${SITES:-600} item seconds later before after pids
  for who in $(contestants); do
    start_centre "$who" orders
    say "mandate: $sites sites are made"
    make_sites "$who" orders "$sites"
    node "$who" orders column add 通知 >/dev/null
    (ulimit -n "$(ulimit -Hn)" && exec "$(binary "$who")" serve --root "$work/$who/sites-orders" --listen 127.0.0.1:0) \
      >"$work/$who/sites.log" 2>&1 &
    daemon_pid[$who/sites]=$!
    started+=($!)
    until [ "$(grep -c in_step=true "$work/$who/sites.log")" -ge "$sites" ]; do sleep 0.5; done
    sleep 3
    pids="${centre_pid[$who/orders]} ${daemon_pid[$who/sites]}"
    for round in $(seq "$rounds"); do
      item=$(node "$who" orders item add --column 通知 --title "Notice $round" --body '<p>To all.</p>' \
        --published-at 2026-01-01T08:00:00+08:00 --publish | field id)
      before=$("$work/meter" -t $pids)
      "$work/poll" until "$work/$who/sites.log" pushed "$sites" lines -- \
        "$(binary "$who")" --dir "$work/$who/orders" repost issue "$item" --to all --column 通知 >"$work/mandate.out"
      read -r seconds later <"$work/mandate.out"
      sleep 1
      after=$("$work/meter" -t $pids)
      expect receipts "$(reposted "$who" "$item")" "$sites"
      record "mandate to $sites sites, with receipts" "$who" "$seconds" \
        "$(awk -v a="${before%% *}" -v b="${after%% *}" 'BEGIN { print b - a }')"
    done
    end_process "${daemon_pid[$who/sites]}"
    stop_centre "$who" orders
  done
}

# ---- news: one change at the centre reaches one site that waits ----

local_request() { # PATH BODY
  printf 'POST /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nX-Sitegroup-Operator: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "${#2}" "$2"
}

case_news() {
  local who round count=$((rounds * 4)) body seconds later shown
  for who in $(contestants); do
    start_centre "$who" news
    node "$who" news column add 通知 >/dev/null
    join_centre "$who" news listener 360425
    node "$who" news column grant 通知 360425 --share >/dev/null
    start_daemon "$who" listener
    sleep 2
    for round in $(seq "$count"); do
      body="{\"column\":[\"通知\"],\"title\":\"Notice $round\",\"body\":\"<p>To one.</p>\",\"published_at\":\"$(printf '2026-01-01T%02d:%02d' $((round / 60)) $((round % 60))):00+08:00\",\"publish\":true}"
      local_request item/add "$body" >"$work/request"
      local_request item/list '{"limit":1}' >"$work/question"
      "$work/poll" until "$work/$who/listener.log" pulled 1 sum -u "$work/$who/news/node.sock" "$work/request" \
        "$work/$who/listener/node.sock" "$work/question" "\"Notice $round\"" "$work/$who/listener/node.db-wal" >"$work/news.out"
      read -r seconds later shown <"$work/news.out"
      record 'one change to a waiting site' "$who" "$(awk -v s="$shown" 'BEGIN { print s * 1000 }')" '' '' ms
      record '… acknowledged, its session over' "$who" "$(awk -v s="$seconds" 'BEGIN { print s * 1000 }')" '' '' ms
      record '… of that after it was answered' "$who" "$(awk -v s="$later" 'BEGIN { print s * 1000 }')" '' '' ms
      sleep 0.2
    done
    end_process "${daemon_pid[$who/listener]}"
    stop_centre "$who" news
  done
}
