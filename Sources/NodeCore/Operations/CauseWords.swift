/// The Chinese of what lower layers, the system and the other end say in English: causes, as they
/// stand behind the colon of a message. What is not in the table stays as it came.
enum CauseWords {
  /// The cause in the language; parts that a colon separates are taken one by one.
  static func text(_ cause: String, _ language: Language) -> String {
    guard language == .zh else { return cause }
    return cause.split(separator: ": ", omittingEmptySubsequences: false)
      .map { part(String($0)) }.filter { !$0.isEmpty }.joined(separator: "：")
  }

  private static func part(_ text: String) -> String {
    if let whole = wholes[text] { return whole }
    for (beginning, words) in beginnings where text.hasPrefix(beginning) {
      return words + text.dropFirst(beginning.count)
    }
    for (ending, words) in endings where text.hasSuffix(ending) {
      return text.dropLast(ending.count) + words
    }
    if let octet = text.firstRange(of: " (octet "), text.hasSuffix(")") {
      let number = text[octet.upperBound...].dropLast()
      return part(String(text[..<octet.lowerBound])) + "（第 \(number) 字节）"
    }
    return text
  }

  private static let beginnings = [
    ("no address for ", "找不到地址："), ("connect ", "连接 "),
    ("a stored record does not inflate", "存储的记录不能解压"),
    ("a stored record does not parse", "存储的记录不能解析"),
  ]

  private static let endings = [
    (
      " does not sign its answers with the key of this link", " 的回答没有用本链路的密钥签名"
    )
  ]

  private static let wholes = [
    // The system.
    "Connection refused": "连接被拒绝", "Connection reset by peer": "连接被对方中断",
    "Connection timed out": "连接超时", "No route to host": "没有到主机的路由",
    "Network is unreachable": "网络不可达", "Host is down": "主机已关闭",
    "Broken pipe": "连接已断开", "Address already in use": "地址已被占用",
    "Cannot assign requested address": "本机没有该地址", "Permission denied": "没有权限",
    "Operation not permitted": "不允许的操作", "No such file or directory": "没有该文件或目录",
    "Is a directory": "是目录，不是文件", "Not a directory": "不是目录",
    "File exists": "文件已存在", "File name too long": "文件名过长",
    "Too many open files": "打开的文件过多", "Input/output error": "输入输出错误",
    "Read-only file system": "文件系统只读", "No space left on device": "磁盘已满",
    "Too many levels of symbolic links": "符号链接层数过多",
    // The database.
    "database disk image is malformed": "数据库文件已损坏", "file is not a database": "不是数据库文件",
    "the file is empty": "文件是空的",
    "disk I/O error": "磁盘读写错误", "unable to open database file": "无法打开数据库文件",
    // The line.
    "no connection in time": "连接超时", "the server took no more": "对方不再接收",
    "no answer in time": "等待回答超时", "the connection was lost": "连接中断",
    "the content cannot be read": "待发送的内容无法读取",
    "what was put is not there": "写入的内容没有存下",
    "the answer is too large": "回答过大", "the answer is malformed": "回答不合格式",
    "the status line is malformed": "状态行不合格式", "interrupted": "被中断",
    "sitegroup-https is missing": "缺少程序 sitegroup-https",
    "the certificate's authority is not known here": "证书的签发机构不受本机信任",
    "the certificate is for another name": "证书属于另一个名称",
    "the certificate has expired": "证书已过期",
    "the certificate is not valid yet": "证书尚未生效",
    "the ca_file cannot be read": "无法读取 ca_file",
    "the ca_file is not heeded by this build": "本程序未能使用 ca_file",
    "no TLS is spoken there": "对方不使用 TLS", "the name has no address": "名称没有地址",
    "404 Not Found": "404 没有该地址", "Service Unavailable": "服务暂不可用",
    "an old copy or a clone": "本目录是旧副本或克隆",
    "its ticket is not the current one": "所持凭据不是现行的",
    // Classes of problems, as a last error begins with them, and what an operator is needed for.
    "reauth": "不接受本节点的密钥", "operator_needed": "需要操作员处理",
    "retry_later": "稍后再试", "incompatible": "不兼容", "item_rejected": "拒收",
    "rebase_required": "需要重新核对",
    "ticket": "本目录是旧副本或克隆", "lacks": "上下级送还了本站自己的记录",
    // Octets that cannot be read.
    "truncated": "不完整", "trailing bytes": "末尾有多余字节", "invalid UTF-8": "不是 UTF-8 文本",
    "indefinite length": "长度未定", "overlong head": "头部过长", "tag": "不允许的标签",
    "integer out of range": "整数超出范围", "nested too deeply": "嵌套过深",
    "array longer than the input": "数组长于输入", "map longer than the input": "映射长于输入",
    "string longer than the input": "字符串长于输入", "map keys out of order": "键的次序不对",
    "unknown simple value": "未知的简单值",
    // States that stand against something.
    "published": "已发布", "archived": "已归档", "withdrawn": "已撤稿", "held": "已下架",
    "purged": "已清除", "draft": "草稿", "offered": "待审", "adopted": "已采用", "returned": "已退回",
    "lifted": "已解除", "for others": "不涉及本站点",
  ]
}
