/// The one table of reasons. Exhaustive: a reason without words does not compile.
extension Reason {
  package var facts: ReasonFacts {
    switch self {
    case .usage:
      .wrongUse(
        "命令用法不对：{0}", "wrong use: {0}",
        hint: ("用 sitegroup --help 查看用法", "see sitegroup --help"))
    case .unknownCommand:
      .wrongUse(
        "没有命令“{0}”", "there is no command “{0}”",
        hint: ("是否想用：{1}", "did you mean {1}?"))
    case .incompleteCommand:
      .wrongUse(
        "命令“{0}”不完整", "the command “{0}” is incomplete",
        hint: ("后面可接：{1}", "it goes on with one of: {1}"))
    case .unknownOption:
      .wrongUse(
        "没有选项“{0}”", "there is no option “{0}”",
        hint: ("是否想用：{1}", "did you mean {1}?"))
    case .unexpectedArgument:
      .wrongUse(
        "多余的参数“{0}”", "unexpected argument “{0}”",
        hint: ("含空格的参数要加引号", "quote arguments that contain spaces"))
    case .missingArgument:
      .wrongUse("缺少参数 {0}", "{0} is missing")
    case .missingValue:
      .wrongUse(
        "选项 {0} 缺少取值", "option {0} needs a value",
        hint: ("取值以 -- 开头时写成 {0}=取值", "write {0}=VALUE where the value begins with --"))
    case .flagTakesNoValue:
      .wrongUse("选项 {0} 不带取值", "option {0} takes no value")
    case .repeatedOption:
      .wrongUse("{0} 只能给出一次", "{0} may be given only once")
    case .conflictingOptions:
      .wrongUse("{0} 与 {1} 不能同时使用", "{0} and {1} exclude each other")
    case .badValue:
      .wrongUse(
        "{0} 的取值“{1}”不对", "{0} has a wrong value “{1}”",
        hint: ("应为：{2}", "expected: {2}"))
    case .badBody:
      .wrongUse("请求正文不是参数的 JSON 对象", "the body is not a JSON object of arguments")
    case .unreadableFile:
      .wrongUse("无法读取文件 {0}：{1}", "cannot read {0}: {1}")
    case .fileTooLarge:
      .wrongUse("文件 {0} 超过 {1} 字节", "{0} has more than {1} bytes")
    case .notUTF8:
      .wrongUse(
        "文件 {0} 不是 UTF-8 编码", "{0} is not UTF-8",
        hint: ("先转换编码，例如用 iconv", "convert it first, with iconv for example"))
    case .fileExists:
      .refused(
        "文件 {0} 已经存在", "{0} exists already",
        hint: ("另选文件名，或用 --force 覆盖", "choose another name, or replace it with --force"))
    case .notABackup:
      .rejected("{0} 不是可用的备份：{1}", "{0} is no backup that can be used: {1}")
    case .unknownID:
      .unknown(
        "没有标识为“{0}”的对象", "nothing has the id “{0}”",
        hint: ("用相应的 list 命令查看标识", "the list command of the noun shows ids"))
    case .ambiguousID:
      .unknown(
        "标识“{0}”不唯一", "the id “{0}” is ambiguous",
        hint: ("可能是：{1}", "it could be {1}"))
    case .unknownSite:
      .unknown(
        "没有站点“{0}”", "there is no site “{0}”",
        hint: ("是否想用：{1}", "did you mean {1}?"))
    case .unknownColumn:
      .unknown(
        "没有栏目“{0}”", "there is no column “{0}”",
        hint: ("是否想用：{1}", "did you mean {1}?"))
    case .notANode:
      .wrongUse(
        "{0} 不是节点目录", "{0} is not a node's directory",
        hint: (
          "用 --dir 指定节点目录，或用 sitegroup init 新建",
          "name it with --dir, or make one with sitegroup init"
        ))
    case .nodeExists:
      .refused(
        "{0} 已经是节点目录", "{0} is a node's directory already",
        hint: ("请另选目录", "choose another directory"))
    case .wouldReplace:
      .refused(
        "{0} 中已有节点数据", "there is a node's data in {0}",
        hint: (
          "用 --force 替换；现有数据改名保留为 node.db.replaced",
          "replace it with --force; what is there is kept as node.db.replaced"
        ))
    case .otherSite:
      .refused(
        "备份属于站点 {0}，目录属于站点 {1}", "the backup is of the site {0}, the directory of {1}",
        hint: ("用 --dir 指定正确的目录", "name the right directory with --dir"))
    case .readOnly:
      .refused(
        "目录 {0} 不可写", "{0} cannot be written",
        hint: ("检查目录的属主和权限", "check who owns the directory and its mode"))
    case .storeBusy:
      .later(
        "节点目录 {0} 正被另一进程使用", "another process uses {0}",
        hint: ("稍后再试，或停止占用它的进程", "try again later, or stop the process that holds it"))
    case .daemonLost:
      .later(
        "{0} 的守护进程未及回答：{1}", "the daemon of {0} did not answer: {1}",
        hint: ("先查看命令是否已生效，再决定是否重试", "look whether it was done before trying again"))
    case .damagedStore:
      .operatorNeeded(
        "节点数据库 {0} 已损坏：{1}", "the store {0} is damaged: {1}",
        hint: (
          "先执行 sitegroup verify --repair；不成时用 sitegroup restore 恢复备份",
          "try sitegroup verify --repair; else restore a backup with sitegroup restore"
        ))
    case .auditUnsound:
      .refused(
        "审计链第 {0} 条有误（{1}），不能移出",
        "entry {0} of the audit log is not sound ({1}): nothing is taken out",
        hint: ("先用 audit verify 查清", "look into it with audit verify first"))
    case .newerSchema:
      .incompatible(
        "节点数据库由更新的版本写成（{0}）", "a newer version wrote this store ({0})",
        hint: ("请升级 sitegroup", "upgrade sitegroup"))
    case .otherVersion:
      .incompatible(
        "守护进程的版本与本命令不同", "the daemon is of another version than this command",
        hint: ("重启守护进程", "restart the daemon"))
    case .configUnknownKey:
      .wrongUse(
        "配置文件 {1} 中没有配置项“{0}”", "{1} has an unknown key “{0}”",
        hint: ("是否想用：{2}", "did you mean {2}?"))
    case .configInvalid:
      .wrongUse("配置文件 {0} 有误：{1}", "{0} is wrong: {1}")
    case .addressInUse:
      .refused(
        "无法监听 {0}：{1}", "cannot listen on {0}: {1}",
        hint: ("用 --listen 换一个地址", "choose another address with --listen"))
    case .ioError:
      .operatorNeeded("读写 {0} 出错：{1}", "reading or writing {0} failed: {1}")
    case .diskFull:
      .operatorNeeded(
        "{0} 所在磁盘已满", "the disk of {0} is full",
        hint: ("腾出空间后重试", "free some space and try again"))
    case .blobStoreUnreachable:
      .unreachable(
        "附件存储 {0} 不可用：{1}", "the attachment store {0} cannot be used: {1}",
        hint: ("恢复后自动重试；其余同步照常进行", "it is tried again; all else goes on meanwhile"))
    case .blobStoreDenied:
      .operatorNeeded(
        "附件存储 {0} 拒绝请求：{1}", "the attachment store {0} refuses: {1}",
        hint: (
          "核对 sitegroup.json5 中 blobs.s3 的 bucket、region 和凭据",
          "check bucket, region and credentials under blobs.s3 in sitegroup.json5"
        ))
    case .exposedSecret:
      .refused(
        "文件 {0} 含有密钥，但其他用户可以读取", "{0} holds a secret and others may read it",
        hint: ("执行 chmod 600 {0}", "run chmod 600 {0}"))
    case .`internal`:
      .operatorNeeded("程序内部错误：{0}", "an error of the program: {0}")
    case .badLine:
      .rejected("第 {0} 行：{1}", "line {0}: {1}")
    case .badRow:
      .rejected(
        "{0}:{1}：{2} 的值“{3}”不对", "{0}:{1}: {2} has a wrong value “{3}”",
        hint: ("整个文件没有导入", "nothing of the file was imported"))
    case .tooManyCells:
      .rejected(
        "{0}:{1}：有 {2} 格，比表头多", "{0}:{1}: {2} cells are more than the header has",
        hint: ("整个文件没有导入", "nothing of the file was imported"))
    case .rowLacks:
      .rejected(
        "{0}:{1}：缺少 {2}", "{0}:{1}: {2} is missing",
        hint: ("整个文件没有导入", "nothing of the file was imported"))
    case .unknownMode:
      .rejected(
        "{0}:{1}：没有保障方式“{2}”", "{0}:{1}: there is no supply mode “{2}”",
        hint: (
          "应为平台调用、报送、链接、共建、共享；整个文件没有导入",
          "use 平台调用, 报送, 链接, 共建 or 共享; nothing of the file was imported"
        ))
    case .repeatedRow:
      .rejected(
        "{0}:{1}：与第 {2} 行重复", "{0}:{1}: the same as line {2}",
        hint: ("整个文件没有导入", "nothing of the file was imported"))
    case .wrongHeader:
      .rejected(
        "{0}:1：首行应为表头", "{0}:1: the first line must be the header",
        hint: ("以制表符分隔：{1}", "separated by tabs: {1}"))
    case .missingDate:
      .rejected(
        "缺少发布时间：{0}", "no publication time: {0}",
        hint: ("给出 published_at", "give published_at"))
    case .missingField:
      .rejected("缺少字段 {0}", "the field {0} is missing")
    case .unknownField:
      .rejected(
        "没有字段“{0}”", "there is no field “{0}”",
        hint: ("是否想用：{1}", "did you mean {1}?"))
    case .badField:
      .rejected(
        "字段 {0} 的值“{1}”不对", "the field {0} has a wrong value “{1}”",
        hint: ("应为：{2}", "expected: {2}"))
    case .notPublic:
      .rejected(
        "公开属性为“{0}”，不能进入站群", "disclosure is “{0}”: it may not enter the site group",
        hint: ("只有“主动公开”的信息可以发布", "only what is 主动公开 may be published"))
    case .emptyFile:
      .rejected("文件 {0} 是空的", "{0} is empty")
    case .attachmentChanged:
      .rejected("文件 {0} 在读取时被改动", "{0} changed while it was read")
    case .malformed:
      .rejected("{0} 的内容不合格式：{1}", "{0} is malformed: {1}")
    case .unreachable:
      .unreachable(
        "无法连接 {0}：{1}", "cannot reach {0}: {1}",
        hint: ("节点可以离线工作，恢复后再同步", "the node works offline; sync again once the line is back"))
    case .retryLater:
      .unreachable(
        "{0} 暂时不能处理：{1}", "{0} cannot do it now: {1}",
        hint: ("稍后再试", "try again later"))
    case .noNodeThere:
      .refused(
        "{0} 处没有节点", "there is no node at {0}",
        hint: (
          "核对 sitegroup.json5 中的 upstream：托管的站点写成 http://主机:端口/站点代码",
          "check upstream in sitegroup.json5: that of a hosted site is http://HOST:PORT/CODE"
        ))
    case .wrongKey:
      .reauth(
        "{0} 不接受本节点的密钥", "{0} does not accept this node's key",
        hint: (
          "上级若刚重启，几秒后重试；否则在上级用 site token 取得新令牌后重新 enrol",
          "just after a restart of the upstream try again in some seconds; else get a new token "
            + "with site token at the upstream, then enrol again"
        ))
    case .notEnrolled:
      .reauth(
        "站点 {0} 尚未在上级登记", "the site {0} is not enrolled at its upstream",
        hint: ("先执行 sitegroup enrol --token …", "run sitegroup enrol --token … first"))
    case .alreadyEnrolled:
      .refused("站点 {0} 已经登记", "the site {0} is enrolled already")
    case .tokenInvalid:
      .reauth(
        "令牌无效、已使用或已过期", "the token is wrong, used or expired",
        hint: ("在上级用 site token 重新取得", "get a new one with site token at the upstream"))
    case .noUpstream:
      .refused(
        "本节点没有上级", "this node has no upstream",
        hint: ("在 sitegroup.json5 中设置 upstream", "set upstream in sitegroup.json5"))
    case .badURL:
      .wrongUse(
        "网址“{0}”不对", "“{0}” is not an address this program can use",
        hint: ("写成 http://主机:端口/ 的形式", "write it as http://HOST:PORT/"))
    case .needsTLS:
      .refused(
        "{0} 需要 TLS，但缺少程序 {1}", "{0} needs TLS, and the program {1} is missing",
        hint: ("把 sitegroup-https 装在 sitegroup 旁边", "install sitegroup-https beside sitegroup"))
    case .clockSkew:
      .refused(
        "本机时钟与 {0} 相差 {1} 秒", "this clock and that of {0} differ by {1} seconds",
        hint: ("校准时钟", "set the clock right"))
    case .operatorNeeded:
      .operatorNeeded(
        "{0} 要求操作员处理：{1}", "{0} wants an operator: {1}",
        hint: (
          "确认本目录是该站点的正本后执行 sitegroup rejoin",
          "make sure that this directory is the site's own, then run sitegroup rejoin"
        ))
    case .incompatible:
      .incompatible(
        "{0} 与本节点不兼容：{1}", "{0} does not understand this node: {1}",
        hint: ("两边使用相同版本", "use the same version at both ends"))
    case .quota:
      .rejected(
        "站点 {0} 在此的存量已达上限：{1}", "the site {0} has as much here as it may: {1}",
        hint: (
          "由上级在 sitegroup.json5 的 limits 中放宽，或清除不再需要的信息",
          "raise limits in the upstream's sitegroup.json5, or purge what is not needed"
        ))
    case .mandated:
      .refused(
        "信息 {0} 由转载任务 {1} 要求刊载，不能移出", "the mandate {1} holds the item {0}: it cannot be taken out",
        hint: (
          "由下达任务的站点执行 repost lift {1} 后再试",
          "the site that issued it can lift it: repost lift {1}"
        ))
    case .notOwner:
      .refused("{0} 属于站点 {1}，本站点不能修改", "{0} belongs to the site {1}: this site may not change it")
    case .notPublished:
      .refused(
        "信息 {0} 尚未发布", "the item {0} is not published",
        hint: ("先执行 item publish {0}", "publish it first: item publish {0}"))
    case .alreadyWithdrawn:
      .refused(
        "信息 {0} 已经撤稿", "the item {0} is withdrawn already",
        hint: ("需要恢复时用 item reissue {0}", "item reissue {0} brings it back"))
    case .wrongState:
      .refused(
        "{0} 的状态是“{1}”，不能这样做", "{0} is {1}: this cannot be done",
        hint: ("需要的状态：{2}", "needed: {2}"))
    case .notGranted:
      .refused(
        "站点 {1} 没有栏目 {0} 的共建或共享权限", "the site {1} has no grant for the column {0}",
        hint: ("由栏目所属站点执行 column grant", "the column's owner can give it with column grant"))
    case .columnExists:
      .refused("栏目“{0}”已经存在", "there is a column “{0}” already")
    case .notBelow:
      .refused(
        "站点 {0} 不在 {1} 之下", "the site {0} does not stand below {1}",
        hint: ("用 site list 查看站点", "site list shows the sites"))
    case .siteRetired:
      .refused("站点 {0} 已停用，不能恢复", "the site {0} is retired for good")
    case .noSites:
      .refused(
        "“{0}”没有选中任何站点", "“{0}” names no site",
        hint: ("用 site list 查看站点", "site list shows the sites"))
    case .ownItem:
      .refused(
        "信息 {0} 由本站点首发，下架由上级执行", "the item {0} is this site's own: a hold is for levels above",
        hint: ("用 item withdraw {0} 撤稿", "take it back with item withdraw {0}"))
    case .itemExists:
      .refused(
        "外部标识“{0}”的信息已经存在：{1}", "an item with the external id “{0}” exists: {1}",
        hint: ("用 item edit {1} 修改", "change it with item edit {1}"))
    case .alreadyOffered:
      .refused(
        "信息 {0} 的同样内容已经报送该栏目：{1}", "the item {0} was offered to this column as it is: {1}",
        hint: ("内容修改后可以再次报送", "it can be offered again once its content has changed"))
    case .notUpward:
      .refused(
        "栏目 {0} 不属于本站点的上级", "the column {0} belongs to no site above this one",
        hint: ("用 column list --all 查看上级栏目", "column list --all shows their columns"))
    case .offerIncomplete:
      .refused(
        "报送件 {0} 的内容不在本节点，或与报送时不同", "the content of the submission {0} is missing or was altered",
        hint: ("同步后再试；仍不行时请报送站点重新报送", "sync and try again; else the site can offer it anew"))
    case .unknownOperator:
      .forbidden(
        "没有操作员“{0}”", "there is no operator “{0}”",
        hint: (
          "用 --operator 或环境变量 SITEGROUP_OPERATOR 指明操作员",
          "name yours with --operator or SITEGROUP_OPERATOR"
        ))
    case .operatorDisabled:
      .forbidden("操作员 {0} 已停用", "the operator {0} is disabled")
    case .operatorExists:
      .refused(
        "操作员“{0}”已经存在", "there is an operator “{0}” already",
        hint: ("用 operator set {0} 修改", "change it with operator set {0}"))
    case .operatorLocked:
      .reauth(
        "操作员 {0} 因密码多次错误被锁定，{1} 解除",
        "the operator {0} is locked after wrong passwords, until {1}")
    case .roleMissing:
      .forbidden(
        "操作员 {0} 无权执行“{1}”，需要角色：{2}",
        "the operator {0} may not do “{1}”: it needs the role {2}",
        hint: ("由管理员用 operator set 授予", "an administrator can give it with operator set"))
    case .firstOperator:
      .refused(
        "第一个操作员 {0} 须有角色 {1}", "the first operator, {0}, must be {1}",
        hint: ("在 --roles 中加上 {1}", "add {1} to --roles"))
    case .lastAdministrator:
      .refused(
        "{0} 是最后一个管理员", "{0} is the last administrator",
        hint: ("先新增另一个管理员", "add another one first"))
    case .ownWork:
      .forbidden(
        "信息 {0} 最后由 {1} 编辑，须由他人审核", "{1} edited the item {0} last: somebody else must pass it",
        hint: ("由另一个操作员执行", "let another operator do it"))
    case .weakPassword:
      .rejected(
        "{0} 的密码不合规则：{1}", "the password of {0} is too weak: {1}",
        hint: (
          "至少 12 个字符，含大写、小写、数字、符号中的三类，不含操作员名称，不用常见词",
          "12 characters or more of three sorts, without the name and without common words"
        ))
    case .wrongPassword:
      .reauth("操作员 {0} 的密码不对", "the password of {0} is wrong")
    case .badJSON:
      .rejected("从第 {0} 字节起不是合格的 JSON", "not JSON from octet {0} on")
    case .badText:
      .rejected("不是 UTF-8 文本（第 {0} 字节）", "not UTF-8 (octet {0})")
    case .lineTooLong:
      .rejected("一行超过 {0} 字节", "a line has more than {0} octets")
    }
  }
}
