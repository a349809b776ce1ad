import Bytes

/// A key, a message and its authentication code, in hexadecimal digits.
struct KeyedVector: Sendable, CustomStringConvertible {
  let source: String
  let key: String
  let message: String
  let code: String

  var description: String { source }
}

extension KeyedVector {
  /// RFC 4231.
  static let sha256: [KeyedVector] = [
    KeyedVector(
      source: "RFC 4231 test case 1 (value checked against OpenSSL)",
      key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      message: "4869205468657265",
      code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    KeyedVector(
      source: "RFC 4231 test case 2 (value checked against OpenSSL)",
      key: "4a656665",
      message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    KeyedVector(
      source: "RFC 4231 test case 3 (value checked against OpenSSL)",
      key: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      message: """
        dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\
        dddddddddddddddddddd
        """,
      code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    KeyedVector(
      source: "RFC 4231 test case 4 (value checked against OpenSSL)",
      key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
      message: """
        cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\
        cdcdcdcdcdcdcdcdcdcd
        """,
      code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    KeyedVector(
      source: "RFC 4231 test case 6 (value checked against OpenSSL)",
      key: """
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaa
        """,
      message: """
        54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d20\
        48617368204b6579204669727374
        """,
      code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    KeyedVector(
      source: "RFC 4231 test case 7 (value checked against OpenSSL)",
      key: """
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaa
        """,
      message: """
        5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b\
        2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a652064\
        6174612e20546865206b6579206e6565647320746f20626520686173686564206265666f72652062\
        65696e6720757365642062792074686520484d414320616c676f726974686d2e
        """,
      code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  /// GM/T 0042-2015 and computed key lengths.
  static let sm3: [KeyedVector] = [
    KeyedVector(
      source: "GM/T 0042-2015 D.3 (openssl evpmac_sm3.txt)",
      key: "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
      message: """
        6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d\
        6b6c6d6e6c6d6e6f6d6e6f706e6f7071616263646263646563646566646566676566676866676869\
        6768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071
        """,
      code: "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"),
    KeyedVector(
      source: "GM/T 0042-2015 D.3 (openssl evpmac_sm3.txt)",
      key: """
        0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425
        """,
      message: """
        cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\
        cdcdcdcdcdcdcdcdcdcd
        """,
      code: "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"),
    KeyedVector(
      source: "GM/T 0042-2015 D.3 (openssl evpmac_sm3.txt)",
      key: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      message: "4869205468657265",
      code: "c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"),
    KeyedVector(
      source: "openssl evpmac_sm3.txt",
      key: "4a656665204a65666572736f6e204a72",
      message: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      code: "ce791a34c59adef472997a249600f3f244d59e875be04055ba2ae12fc845e78c"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 0",
      key: "",
      message: "6b6579206c656e6774682030",
      code: "5abea5578e227909c50d269e05c626c0437adaeb144e77fc7fd9be9d4cdbe3bf"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 1",
      key: "01",
      message: "6b6579206c656e6774682031",
      code: "b510f7053dfd1a0bb90b00c19ca657a11b7cf0b25838be6a679259488642628b"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 63",
      key: """
        0104070a0d101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376\
        797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bb
        """,
      message: "6b6579206c656e677468203633",
      code: "aaedcee0d4802b49a2a1ac75d43422b05b81fbdff798e13f7b28e13d2c7a3ccc"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 64",
      key: """
        0104070a0d101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376\
        797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbe
        """,
      message: "6b6579206c656e677468203634",
      code: "7e96ed783883ac43fd049097a43a6024a1d248b6fcb3c21ba57f053f1578a840"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 65",
      key: """
        0104070a0d101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376\
        797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1
        """,
      message: "6b6579206c656e677468203635",
      code: "70017dba8cb3f1659234dc5815952ccefe109d33644ee00109886af7e706a863"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 128",
      key: """
        0104070a0d101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376\
        797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacdd0d3d6d9dcdfe2e5e8ebee\
        f1f4f7fafd000306090c0f1215181b1e2124272a2d303336393c3f4245484b4e5154575a5d606366\
        696c6f7275787b7e
        """,
      message: "6b6579206c656e67746820313238",
      code: "ed6133004c2fed0bda7a8ea24ab1cd3b806a2851b20db6b44cef3f174df8dd7b"),
    KeyedVector(
      source: "computed; OpenSSL and own implementation agree; key length 131",
      key: """
        0104070a0d101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376\
        797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacdd0d3d6d9dcdfe2e5e8ebee\
        f1f4f7fafd000306090c0f1215181b1e2124272a2d303336393c3f4245484b4e5154575a5d606366\
        696c6f7275787b7e818487
        """,
      message: "6b6579206c656e67746820313331",
      code: "f877167413db39f98c1795c3a26a83e84e9430292576df0590a236c40acf0b48"),
  ]
}

/// RFC 5869 appendix A, SHA-256, in hexadecimal digits.
struct DerivationVector: Sendable {
  let secret: String
  let salt: String
  let info: String
  let output: String

  static let sha256: [DerivationVector] = [
    DerivationVector(
      secret: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      salt: "000102030405060708090a0b0c",
      info: "f0f1f2f3f4f5f6f7f8f9",
      output: """
        3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c\
        5db02d56ecc4c5bf34007208d5b887185865
        """),
    DerivationVector(
      secret: Hex.encode(0...0x4f),
      salt: Hex.encode(0x60...0xaf),
      info: Hex.encode(0xb0...0xff),
      output: """
        b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
        59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
        cc30c58179ec3e87c14c01d5c1f3434f1d87
        """),
    DerivationVector(
      secret: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      salt: "",
      info: "",
      output: """
        8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879e\
        c3454e5f3c738d2d9d201395faa4b61a96c8
        """),
  ]
}
