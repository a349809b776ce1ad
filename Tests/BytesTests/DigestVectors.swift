/// A message and its digest, in hexadecimal digits.
struct DigestVector: Sendable, CustomStringConvertible {
  let source: String
  let message: String
  let digest: String

  var description: String { "\(source), \(message.utf8.count / 2) bytes" }
}

extension DigestVector {
  /// NIST CAVS and FIPS 180.
  static let sha256: [DigestVector] = [
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "",
      digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "d3",
      digest: "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "11af",
      digest: "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "b4190e",
      digest: "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "74ba2521",
      digest: "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "5738c929c4f4ccb6",
      digest: "963bb88f27f512777aab6c8b1a02c70ec0ad651d428f870036e1917120fb48bf"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "9baf69cba317f422fe26a9a0",
      digest: "fe56287cd657e4afc50dba7a3a54c2a6324b886becdcd1fae473b769e551a09b"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "0a27847cdc98bd6f62220b046edd762b",
      digest: "80c25ec1600587e7f28b18b1b18e3cdc89928e39cab3bc25e4d4a4c139bcedc4"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: "09fc1accc230a205e4a208e64a8f204291f581a12756392da4b8c0cf5ef02b95",
      digest: "4f44c1c7fbebb6f9601829f3897bfd650c56fa07844be76489076356ac1886a4"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: """
        0546f7b8682b5b95fd32385faf25854cb3f7b40cc8fa229fbd52b16934aab388a7
        """,
      digest: "b31ad3cd02b10db282b3576c059b746fb24ca6f09fef69402dc90ece7421cbb7"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: """
        2d52447d1244d2ebc28650e7b05654bad35b3a68eedc7f8515306b496d75f3e73385dd1b00262502\
        4b81a02f2fd6dffb6e6d561cb7d0bd7a
        """,
      digest: "cfb88d6faf2de3a69d36195acec2e255e2af2b7d933997f348e09f6ce5758360"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: """
        e2f76e97606a872e317439f1a03fcd92e632e5bd4e7cbc4e97f1afc19a16fde92d77cbe546416b51\
        640cddb92af996534dfd81edb17c4424cf1ac4d75aceeb
        """,
      digest: "18041bd4665083001fba8c5411d2d748e8abbfdcdfd9218cb02b68a78e7d4c23"),
    DigestVector(
      source: "NIST CAVS 11.0 SHA256ShortMsg.rsp",
      message: """
        5a86b737eaea8ee976a0a24da63e7ed7eefad18a101c1211e2b3650c5187c2a8a650547208251f6d\
        4237e661c7bf4c77f335390394c37fa1a9f9be836ac28509
        """,
      digest: "42e61e174fbb3897d6dd6cef3dd2802fe67b331953b06114a65c772859dfc1aa"),
    DigestVector(
      source: "FIPS 180 example",
      message: "616263",
      digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    DigestVector(
      source: "FIPS 180 example",
      message: """
        6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d\
        6b6c6d6e6c6d6e6f6d6e6f706e6f7071
        """,
      digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
  ]

  /// GB/T 32905-2016 appendix A and the tables of other implementations.
  static let sm3: [DigestVector] = [
    DigestVector(
      source: "GB/T 32905-2016 A.1 (abc)",
      message: "616263",
      digest: "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    DigestVector(
      source: "GB/T 32905-2016 A.2 (abcd x16)",
      message: """
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        616263646162636461626364616263646162636461626364
        """,
      digest: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    DigestVector(
      source: "pyca/cryptography SM3/oscca.txt (empty)",
      message: "",
      digest: "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
    DigestVector(
      source: "oscca.txt (a)",
      message: "61",
      digest: "623476ac18f65a2909e43c7fec61b49c7e764a91a18ccb82f1917a29c86c5e88"),
    DigestVector(
      source: "oscca.txt (a-z)",
      message: "6162636465666768696a6b6c6d6e6f707172737475767778797a",
      digest: "b80fe97a4da24afc277564f66a359ef440462ad28dcc6d63adb24d5c20a61595"),
    DigestVector(
      source: "oscca.txt (abcd x64)",
      message: """
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364616263646162636461626364616263646162636461626364\
        61626364616263646162636461626364
        """,
      digest: "b965764c8bebb091c7602b74afd34eefb531dccb4e0076d9b7cd813199b45971"),
  ]

  /// Lengths around the padding boundaries; byte i of a message of n bytes is (n + 7 i) modulo 256.
  /// Computed; OpenSSL 3, gmssl 3.2.2 and a third implementation agree.
  static let sm3Lengths: [(count: Int, digest: String)] = [
    (1, "799b719ac031fc89c6d8925a487dad07308f837b7ab7bbc7cebd3a4118fd2f38"),
    (54, "3559b80be42275f535078f27cae00e8508fe2f643736a0c417ef500c2aa2c988"),
    (55, "5cb50a0135e57e0cb6069a8cd83b99f094185abe85423f38fa89aa9e73547b58"),
    (56, "667672b5d501b091489bdeedba1c3375e3042e2c3a324f5b1fc00696a8c0dcd6"),
    (57, "89954cf4dd4c61651aee5e796a7a64856905ddbd5bc4b862594eca9028c29f32"),
    (63, "fa5e9c08966f5b089ea60864af64bfb765bd79dfe494ea859ffa904f12dc512c"),
    (64, "cf1bff7b8582d52c021ba8ea9c1ca9e59d42f4458f5516a591fe049d2c7ed017"),
    (65, "7e9232e6bf963e4af754d62700f6fe75e1537d37240a9c3de0a7473d6c283f81"),
    (111, "753a285e8f8e320b881e0c42377b0e9c3bf6da519c3981c91e21b3dce94b985b"),
    (112, "a41130045ec4d9545b5e5e0df59135aef8ae7a26d6984f5e195ce6731bf142c9"),
    (119, "fee28cb4c4211af18e368c47a057184106cac42a5adf5ff21377021cd5003b77"),
    (120, "fbb140ae72c97a7d4b88ff3e67235dd540e7f177393d7722e5e6ac63b1a8d6d9"),
    (127, "efd765bbf78ff4e94ca9c49effa2204d5e7a360d5434cc815e89dbafec64091f"),
    (128, "6e8b14eda017697645306ec96c68f2fbf3204e2235ad53cc18770274e4038e76"),
    (129, "7545f6f18d2fec15cbe0fd2c657de740308032cca0ba4408a9b4ea1e3fc0d567"),
    (1000, "44c5803e122527a3e218a73d6d19c442f18c8a5d27c40a677b9fe56aebf06fb2"),
  ]

  /// The letter a, a million times. FIPS 180; for SM3 computed, three implementations agree.
  static let sha256Million =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
  static let sm3Million =
    "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3"
}
