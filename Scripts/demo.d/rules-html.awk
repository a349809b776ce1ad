# The 2023 rules as printed, made into the HTML body of one item. Usage:
#   awk -f rules-html.awk rules-2023.txt catalogue.tsv
# Annex 1 is a table that printing took apart; its rows come from the catalogue.

function text(s) {
  gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
  return s
}

FNR == NR { line[++lines] = $0; next }

{
  count = split($0, cell, "\t")
  tag = FNR == 1 ? "th" : "td"
  if (FNR == 1) split("一级栏目\t二级栏目\t三级栏目\t保障方式\t更新要求\t责任单位\t来源", cell, "\t")
  row = "<tr>"
  for (i = 1; i <= count; i++) row = row "<" tag ">" text(cell[i]) "</" tag ">"
  rows = rows row "</tr>\n"
}

END {
  for (i = 2; i <= lines; i++) {
    s = line[i]
    if (s ~ /^一级栏目/) { in_table = 1; print "<table border=\"1\">\n" rows "</table>"; continue }
    if (in_table && s ~ /^注/) in_table = 0
    if (in_table) continue
    sub(/[ |]+$/, "", s)
    if (s == "") continue
    s = text(s)
    if (s ~ /^第(一|二|三|四|五|六|七|八|九|十)+章/ || s ~ /^附件[0-9]$/) {
      print "<h3>" s "</h3>"
    } else if (match(s, /^第(一|二|三|四|五|六|七|八|九|十)+条/)) {
      print "<p style=\"text-indent: 2em;\"><strong>" substr(s, 1, RLENGTH) "</strong>" \
        substr(s, RLENGTH + 1) "</p>"
    } else {
      print "<p style=\"text-indent: 2em;\">" s "</p>"
    }
  }
}
