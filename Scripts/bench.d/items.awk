# Makes items in the format of `item import`: deterministic for a seed, of log-normal length around 3 KB. Their text is a
# random walk over the pairs and triples of the characters of a given text, with rare names strewn in, so that it is as
# hard to compress as real prose; no dictionary of the program was made from that text.
# Variables: n (items), first (number of the first, 1), seed, pool (clauses to choose from), prefix (of external ids),
# changed (K: every K-th item alone, half of them with another title, half with another paragraph; 0: all as they are),
# phase (which of each K).
# Input: Chinese characters, one a line. Run under LC_ALL=C.

function random() { # 0 ≤ x < 1: Park and Miller's generator, the same in every awk
  state = (state * 16807) % 2147483647
  return state / 2147483647
}

function below(limit) { return int(random() * limit) }

function normal(  i, sum) {
  for (i = 0; i < 12; i++) sum += random()
  return sum - 6
}

# A character of the block of common ideographs, as UTF-8.
function ideograph(place,  code) {
  code = 19968 + (place * 7919) % 20900
  return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
}

# One of 6,000 names of two or three characters; few of them are frequent.
function rare(  place, k, text) {
  place = random()
  place = int(6000 * place * place * place)
  for (k = 2 + place % 3 % 2; k > 0; k--) text = text ideograph((place * 31 + k * 577) % 2200)
  return text
}

function clause(least, most,  wanted, count, at, draw, text) {
  wanted = least + below(most - least + 1)
  at = 1 + below(characters - 2)
  while (count < wanted) {
    draw = random()
    if (draw < 0.018) {
      text = text rare()
      count += 2
      continue
    }
    if (draw < 0.034) at = 1 + below(characters - 2)
    else if (draw < 0.80) at = after(pairs[character[at] character[at + 1]])
    else at = after(singles[character[at + 1]])
    text = text character[at + 1]
    count++
  }
  return text
}

# A place is where a pair of characters stands in the text; lists of places have three octets for each, so that no
# array of arrays is needed. Answers the place of the pair that begins with the second character of one of them.
function after(places,  place) {
  place = 1 + substr(places, 6 * below(length(places) / 6) + 1, 6)
  return place < characters - 1 ? place : 1 + below(characters - 2)
}

function mark(  draw) {
  draw = random()
  return draw < 0.55 ? "，" : draw < 0.75 ? "、" : draw < 0.85 ? "；" : "。"
}

function hex(digits,  text) {
  for (; digits > 0; digits -= 4) text = text sprintf("%04x", below(65536))
  return text
}

function sentence(wanted,  count, text) {
  while (count < wanted) {
    text = text (count ? mark() : "") (last = clauses[1 + below(pool)])
    count += length(last) / 3 + 1
    if (random() < 0.06) text = text below(10000) unit[1 + below(5)]
  }
  return text "。"
}

function paragraph(wanted,  draw, text) {
  text = sentence(wanted)
  draw = random()
  if (draw < 0.78) return "<p style=\\\"text-indent: 2em; line-height: 1.75em;\\\">" text "</p>"
  if (draw < 0.88) return "<p><strong>" text "</strong></p>"
  if (draw < 0.94)
    return "<p style=\\\"text-align: center;\\\"><img src=\\\"/upload/" hex(16) ".jpg\\\" alt=\\\"" last "\\\"/></p>"
  return "<p>附件：<a href=\\\"/files/" hex(16) ".pdf\\\" target=\\\"_blank\\\">" last ".pdf</a></p>"
}

function title(  draw) {
  draw = random()
  if (draw < 0.3) return office[1 + below(offices)] "关于" clauses[1 + below(pool)] "的通知"
  if (draw < 0.5) return clauses[1 + below(pool)] clauses[1 + below(pool)]
  return clauses[1 + below(pool)] ending[1 + below(5)]
}

function item(number,  heading, body, room, count, parts, k, person) {
  heading = title()
  room = exp(log(1920) + 0.8 * normal())
  room = room < 150 ? 150 : room > 60000 ? 60000 : room
  for (parts = 0; room > 60; parts++) {
    part[parts] = paragraph(12 + below(room < 540 ? room / 3 : 150))
    room -= length(part[parts])
  }
  person = substr("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", 3 * below(20) + 1, 3) \
    ideograph(below(300)) ideograph(below(300))
  count = sprintf("\"source\":\"%s\",\"author\":\"%s\",", office[1 + below(offices)], person)
  if (random() < 0.35)
    count = count sprintf("\"document_number\":\"九府办发〔%d〕%d号\",", 2020 + below(6), 1 + below(180))
  k = below(100)
  room = sprintf("20%02d-%02d-%02dT%02d:%02d:%02d+08:00", 20 + below(6), 1 + below(12), 1 + below(28),
    below(24), below(60), below(60))
  id = sprintf("%s%08x-%s", prefix, number, hex(20))
  if (changed && int(number / changed) % 2) heading = title()
  else if (changed) part[below(parts)] = paragraph(60)
  for (draw = 0; draw < parts; draw++) body = body part[draw]
  printf "{\"external_id\":\"%s\",\"column\":\"栏目/%d\",\"title\":\"%s\",\"body\":\"%s\",%s\"published_at\":\"%s\",\"state\":\"published\"}\n", \
    id, k, heading, body, count, room
}

{ character[++characters] = $0 }

END {
  for (k = 1; k < characters; k++) {
    place = sprintf("%06d", k)
    pairs[character[k] character[k + 1]] = pairs[character[k] character[k + 1]] place
    singles[character[k + 1]] = singles[character[k + 1]] place
  }
  split("万元 个 % 年 项", unit, " ")
  split("工作会议召开 公告 实施方案的解读 情况通报 名单公示", ending, " ")
  offices = split("九江市人民政府办公室 市发展改革委 市教育局 市财政局 市人力资源社会保障局 市自然资源局 市生态环境局 市住房城乡建设局 市交通运输局 市水利局 市农业农村局 市商务局 市卫生健康委 市应急管理局 市审计局 市统计局", office, " ")
  state = 99
  for (k = 1; k <= pool; k++) clauses[k] = clause(6, 24)
  for (number = first; number < first + n; number++) {
    if (changed && number % changed != phase % changed) continue
    state = (seed * 7919 + number * 104729) % 2147483646 + 1
    for (k = 0; k < 3; k++) random()
    item(number)
  }
}
