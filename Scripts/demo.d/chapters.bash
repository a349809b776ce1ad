# The chapters of Scripts/demo, in their order. Sourced.

equal() { [ "$1" = "$2" ]; }

# Reads a table without its head: tab-separated, so that a cell may hold spaces.
rows_of() { tail -n +2 "$data/$1"; }

# Lines of the sample items of some sites whose column begins with a path.
sample_count() { # PATH SITE…
  local path=$1 site
  shift
  for site in "$@"; do cat "$data/items/$site.jsonl"; done | grep -cF "\"column\": \"$path" || true
}

# The column PATH at SITE as its number of visible items.
visible_count() { # SITE PATH
  ask "$1" item list --column "$2" --limit 1000
  count_of items id
}

visible_ids() { # SITE PATH
  ask "$1" item list --column "$2" --limit 1000
  members items id
}

has_item() { # SITE PATH ID
  local ids
  ids=$(visible_ids "$1" "$2")
  grep -qxF "$3" <<<"$ids"
}
lacks_item() { ! has_item "$@"; }

sync_one() { must "$1" sync; }
sync_all() { for_each sync_one "${departments[@]}" "${counties[@]}"; }

# 1.

init_one() {
  local kind=county
  [[ $1 == *-* ]] && kind=department
  must "$1" init --code "$1" --name "${site_name[$1]}" --kind "$kind" --upstream "$upstream"
  case "$kind" in
    county) must "$1" column import "$data/county-columns.tsv" ;;
    department) must "$1" column import "$data/department-columns.tsv" ;;
  esac
}

enrol_one() { must "$1" enrol --token-file "$work/job/token-$1"; }

set_up() {
  local code
  chapter "建立节点：中心 1 个、部门 ${#departments[@]} 个（托管在中心）、县（市、区）${#counties[@]} 个" \
    "Nodes: the centre, ${#departments[@]} departments hosted there, ${#counties[@]} counties"
  must "$centre" init --code "$centre" --name "${site_name[$centre]}" --kind central
  must "$centre" site import "$data/sites.tsv"
  must "$centre" column import "$data/catalogue.tsv"
  ask "$centre" column list
  check "责任目录 121 行全部入库" "all 121 rows of the catalogue are columns" \
    catalogue_is_complete
  for_each init_one "${departments[@]}" "${counties[@]}"

  start_daemon centre "$work/centre/$centre" "${port_of[centre]}" --root "$work/centre"
  await_daemon centre "${port_of[centre]}"
  for code in "${departments[@]}" "${counties[@]}"; do
    ask "$centre" site token "$code"
    value token >"$work/job/token-$code"
  done
  for_each enrol_one "${departments[@]}" "${counties[@]}"
  for code in "${counties[@]}"; do
    start_daemon "$code" "$(directory_of "$code")" "${port_of[$code]}"
  done
  for code in "${counties[@]}"; do await_daemon "$code" "${port_of[$code]}"; done
  say "   各县（市、区）已凭一次性令牌入网，各自运行。" \
    "   Every county has enrolled with its single-use token and runs as its own process."
}

# Rows of the catalogue by their paths, each found among the columns with its modes.
catalogue_is_complete() {
  local one two three path index
  [ "$(rows_of catalogue.tsv | wc -l)" -eq 121 ] || return 1
  while IFS='|' read -r one two three _; do
    path="$one/$two${three:+/$three}"
    index=$(index_of columns path "$path")
    [ -n "$index" ] || { printf '   %s\n' "$path"; return 1; }
  done < <(rows_of catalogue.tsv | tr '\t' '|')
}

# 2.

import_one() { must "$1" item import "$data/items/$1.jsonl"; }

bring_content() {
  local site column from to
  chapter "各站点录入信息，中心设置栏目映射" "The sites put content in; the centre maps columns"
  while IFS=$'\t' read -r site column; do
    must "$site" column add "$column"
  done < <(rows_of further-columns.tsv)
  while IFS=$'\t' read -r from to; do
    must "$centre" map add --from "$from" --to "$to" --existing
    printf '   %s → %s\n' "$from" "$to"
  done < <(rows_of mappings.tsv)
  for_each import_one "$centre" "${departments[@]}" "${counties[@]}"
  awk -f "$data/rules-html.awk" "$data/rules-2023.txt" "$data/catalogue.tsv" >"$work/rules.html"
  rules_title=$(head -n 1 "$data/rules-2023.txt")
  ask "$centre" item add --column "政务公开——决策公开/政策文件/市政府文件、市政府办公室文件等" \
    --title "$rules_title" --body-file "$work/rules.html" \
    --published-at 2023-01-17T09:00:00+08:00 --source "九江市人民政府办公室" --publish
  rules=$(value id)
  sync_all
}

show_columns() {
  chapter "主网站“县区传真”栏目（由各县“政务动态”自动汇聚）" \
    "The main site's column 县区传真, gathered from the counties"
  at "$centre" item list --column 政务资讯/县区传真
  check "县区传真与各县录入数一致" "县区传真 holds what the counties put in" \
    equal "$(visible_count "$centre" 政务资讯/县区传真)" \
    "$(sample_count 政务动态/ "${counties[@]}")"
  check "公告公示汇聚县区与部门公告" "公告公示 holds the notices of counties and departments" \
    equal "$(visible_count "$centre" 政务资讯/公告公示)" "$(($(sample_count 公示公告/ \
      "${counties[@]}" "${departments[@]}") + $(sample_count 政务资讯/公告公示 "$centre")))"
  check "部门信息与各部门录入数一致" "部门信息 holds what the departments put in" \
    equal "$(visible_count "$centre" 政务资讯/部门信息)" \
    "$(sample_count 政务动态/ "${departments[@]}")"
}

# 3.

issue_mandate() {
  local mandate code reposted=0
  chapter "中心下达转载任务：全部县（市、区）转载《网站群管理办法》" \
    "The centre orders every county to repost the rules of 2023"
  ask "$centre" repost issue "$rules" --to county --column 政务公开/上级文件
  mandate=$(value id)
  for_each sync_one "${counties[@]}"
  at "$centre" repost show "$mandate"
  ask "$centre" repost show "$mandate"
  check "任务涉及 ${#counties[@]} 个站点" "the order names ${#counties[@]} sites" \
    equal "$(count_of sites code)" "${#counties[@]}"
  check "全部站点已转载" "every site has reposted" \
    equal "$(members sites state | sort | uniq -c | tr -s ' ')" " ${#counties[@]} reposted"
  for code in "${counties[@]}"; do
    has_item "$code" 政务公开/上级文件 "$rules" && reposted=$((reposted + 1))
  done
  check "各县栏目中均可见该文件" "the document stands in a column of every county" \
    equal "$reposted" "${#counties[@]}"
  quietly 360423 unplace "$rules" 政务公开/上级文件
  check "县里不能自行撤下（退出状态 4）" "a county cannot take it down (exit status 4)" \
    equal "$status" 4
  say "   武宁县试图撤下该文件，被拒绝：" "   武宁县 tries to take it down and is refused:"
  sed 's/^/   /' "$scratch/err"
}

# 4.

review_submissions() {
  local adopted returned index
  chapter "信息报送：武宁、修水各报送一条，中心采用一条、退回一条" \
    "Two counties submit an item; the centre adopts one and returns one"
  adopted=$(item_id 360423 "武宁县：林下经济让“不砍树也能富”")
  returned=$(item_id 360424 "修水县宁红茶开园采摘 头茬春茶抢“鲜”上市")
  must 360423 submit "$adopted" --to "$centre:政务资讯/发展论坛"
  must 360424 submit "$returned" --to "$centre:政务资讯/发展论坛"
  for_each sync_one 360423 360424
  at "$centre" review list
  ask "$centre" review list
  check "中心收到 2 件报送" "two submissions have arrived" equal "$(count_of submissions id)" 2
  index=$(index_of submissions item "$adopted")
  adopted_submission=$(value "submissions.${index:-0}.id")
  index=$(index_of submissions item "$returned")
  returned_submission=$(value "submissions.${index:-1}.id")
  must "$centre" review adopt "$adopted_submission"
  must "$centre" review return "$returned_submission" --reason "已有同类信息，请补充产销对接的做法"
  for_each sync_one 360423 360424
  check "采用件进入“发展论坛”" "the adopted one stands in 发展论坛" \
    has_item "$centre" 政务资讯/发展论坛 "$adopted"
  check "退回件不在其中" "the returned one does not" \
    lacks_item "$centre" 政务资讯/发展论坛 "$returned"
}

# 5.

cobuild_while_cut_off() {
  local site published source title column=政民互动/在线访谈 row order
  local -a rows builders=()
  mapfile -t rows < <(rows_of interviews.tsv)
  for row in "${rows[@]}"; do builders+=("${row%%$'\t'*}"); done
  chapter "共建栏目“在线访谈”：${#builders[@]} 个县在与中心断开时各自编辑" \
    "The co-built column 在线访谈: ${#builders[@]} counties edit it while cut off from the centre"
  must "$centre" column grant "$column" "${builders[@]}"
  for_each sync_one "${builders[@]}"
  stop_daemon centre
  say "   中心已停止服务。" "   The centre is down."
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r site published source title <<<"$row"
    must "$site" item add --column "$centre:$column" --title "$title" \
      --body-file "$data/interviews/$site.html" --published-at "$published" \
      --source "$source" --publish
    printf '   %s  %s\n' "$site" "$title"
    quietly "$site" sync
    check "$site 同步失败但编辑有效（退出状态 3）" "$site: sync fails (exit status 3), the edit holds" \
      equal "$status $(visible_count "$site" "$centre:$column")" "3 1"
  done
  start_daemon centre "$work/centre/$centre" "${port_of[centre]}" --root "$work/centre"
  await_daemon centre "${port_of[centre]}"
  say "   中心恢复，各县同步。" "   The centre is back; the counties sync."
  for_each sync_one "${builders[@]}"
  for_each sync_one "${builders[@]}"
  at "$centre" item list --column "$column"
  order=$(visible_ids "$centre" "$column")
  check "三篇访谈齐全" "all interviews are there" equal "$(grep -c . <<<"$order")" "${#rows[@]}"
  for site in "${builders[@]}"; do
    check "$site 的栏目内容和次序与中心相同" "$site holds the same items in the same order" \
      equal "$(visible_ids "$site" "$centre:$column")" "$order"
  done
}

# 6.

withdraw_everywhere() {
  local item
  chapter "撤稿：都昌县撤回一条公告，主网站随之消失" \
    "Withdrawal: 都昌县 takes a notice back, and it leaves the main site"
  item=$(item_id 360428 "都昌县2024年秋季学期学生营养餐食材采购结果公告")
  check "撤稿前主网站可见" "before, the main site shows it" \
    has_item "$centre" 政务资讯/公告公示 "$item"
  must 360428 item withdraw "$item" --reason "成交结果有误，更正后重新发布"
  must 360428 sync
  check "撤稿后主网站不再显示" "after, the main site does not show it" \
    lacks_item "$centre" 政务资讯/公告公示 "$item"
  ask "$centre" item show "$item"
  check "中心记录其状态为撤稿" "the centre knows it as withdrawn" equal "$(value state)" withdrawn
  # The same file imported again is the old copy that must not win.
  must 360428 item import "$data/items/360428.jsonl"
  must 360428 sync
  check "旧稿再次导入也不会复活" "importing the old copy again does not bring it back" \
    lacks_item "$centre" 政务资讯/公告公示 "$item"
  at "$centre" item trace "$item"
}

# 7.

verify_one() {
  ask "$1" verify
  printf '%s %s\n' "$(value ok)" "$(value links.0.in_step)" >"$scratch/verify"
}

sync_again_one() {
  ask "$1" sync
  printf '%s\n' "$(($(value pushed) + $(value pulled)))" >"$scratch/moved"
}

close_up() {
  local code in_step=0 moved=0 nodes=$((${#departments[@]} + ${#counties[@]}))
  chapter "核对：所有链路两端一致" "Verification: both ends of every link agree"
  sync_all
  sync_all
  for_each sync_again_one "${departments[@]}" "${counties[@]}"
  for_each verify_one "${departments[@]}" "${counties[@]}"
  for code in "${departments[@]}" "${counties[@]}"; do
    [ "$(cat "$work/job/$code/verify")" = "true true" ] && in_step=$((in_step + 1))
    moved=$((moved + $(cat "$work/job/$code/moved")))
  done
  say "   $nodes 条链路中 $in_step 条一致；再次同步移动 $moved 条记录。" \
    "   $in_step of $nodes links agree; syncing again moves $moved records."
  check "全部链路一致" "every link agrees" equal "$in_step" "$nodes"
  check "再次同步不移动任何记录" "syncing again moves nothing" equal "$moved" 0
  at "$centre" status
}
