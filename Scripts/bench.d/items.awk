# Makes items in the format of `item import` from the clauses of a text: deterministic for a seed, of log-normal length
# around 3 KB. Variables: n (items), seed, changed (1: every hundredth item alone, with another title or paragraph).
# Input: clauses, one a line.

function random() { # 0 ≤ x < 1: Park and Miller's generator, the same in every awk
  state = (state * 16807) % 2147483647
  return state / 2147483647
}

function normal(  i, sum) {
  for (i = 0; i < 12; i++) sum += random()
  return sum - 6
}

function pick() { return clause[int(random() * clauses) + 1] }

# Six clauses of about 26 octets each.
function paragraph(  i, text) {
  for (i = 0; i < 6; i++) text = text pick() (i < 5 ? "，" : "。")
  return "<p style=\\\"text-indent: 2em;\\\">" text "</p>"
}

function item(number,  title, body, want, k, day) {
  title = "关于" pick() pick() "的通知"
  want = exp(log(2100) + 0.6 * normal()) / 200
  for (k = 0; k < want; k++) body = body paragraph()
  if (changed) {
    if (number % 200 == 0) title = pick() "的公告"
    else body = body paragraph()
  }
  day = number % 28 + 1
  printf "{\"external_id\":\"bench-%d\",\"column\":\"栏目/%d\",\"title\":\"%s\",\"body\":\"%s\",\"source\":\"九江市人民政府办公室\",\"author\":\"编辑%d\",\"published_at\":\"20%02d-%02d-%02dT%02d:00:00+08:00\",\"state\":\"published\"}\n", \
    number, number % 100, title, body, number % 40, 20 + number % 6, number % 12 + 1, day, number % 24
}

{ clause[++clauses] = $0 }

END {
  for (number = 1; number <= n; number++) {
    if (changed && number % 100) continue
    state = (seed * 7919 + number * 104729) % 2147483646 + 1
    for (i = 0; i < 3; i++) random()
    item(number)
  }
}
