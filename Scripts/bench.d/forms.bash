# The case that compares stored forms, by a client of the protocol that announces what it likes. Sourced by Scripts/bench.

# A python3 with what Tests/Interoperability/client.py needs, or nothing; Scripts/interoperate makes one.
forms_python() {
  local python
  for python in python3 .build/interoperability/bin/python; do
    "$python" -c 'import http_message_signatures, cbor2, requests' 2>/dev/null && echo "$python" && return
  done
  return 1
}

# ---- forms: octets of an item's record without a dictionary, with number 1, with number 2 ----

case_forms() {
  local python
  python=$(forms_python) || { say 'forms: absent, as python3 with the packages of Scripts/interoperate is'; return; }
  library_ready ours
  forms_of "$items items of the bench" library "$items"
  demo_ready
  forms_of "the demo's items" demo "$(cat Scripts/demo.d/items/*.jsonl | wc -l)"
  stop_centre ours demo
}

# A centre with the demo's items, all of them of one county.
demo_ready() {
  start_centre ours demo
  join_centre ours demo demo-county 360423
  cat Scripts/demo.d/items/*.jsonl >"$work/demo.jsonl"
  grep -o '"column": "[^"]*"' "$work/demo.jsonl" | sort -u | awk -F'[":/]+' 'BEGIN { OFS = "\t"
      print "level1", "level2", "level3", "modes", "update", "responsible_units", "source" }
    { print $4, $5, "", "平台调用", "实时", "市直各单位", "" }' >"$work/demo.tsv"
  node ours demo-county column import "$work/demo.tsv" >/dev/null || [ $? -eq 1 ]
  node ours demo-county item import "$work/demo.jsonl" >/dev/null
  node ours demo-county sync >/dev/null
}

forms_of() { # WORDS CENTRE COUNT
  local names=('no dictionary' 'dictionary 1' ours) form=0 number octets count
  "$python" "$parts/forms.py" "http://127.0.0.1:${centre_port[ours/$2]}" 360423 \
    "$(node ours "$2" site token 360423 | field token)" >"$work/forms"
  while read -r number octets count; do
    expect 'dictionary and items of forms' "$number $count" "$form $3"
    record "octets a record, $1" "${names[$form]}" "$octets" '' '' octets
    form=$((form + 1))
  done <"$work/forms"
}
