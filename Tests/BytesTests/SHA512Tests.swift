import Testing

@testable import Bytes

@Suite struct SHA512Tests {
  /// FIPS 180-4, by the examples that NIST publishes with it.
  @Test func `gives the published digests`() {
    for (message, digest) in [
      (
        "",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
          + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
      ),
      (
        "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
          + "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
          + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"
      ),
    ] { #expect(Hex.encode(SHA512.digest(Array(message.utf8))) == digest) }
  }

  /// Computed by OpenSSL. Of each message the octets are its length and more by seven each.
  @Test func `pads rightly around the block boundaries`() {
    let digests: [(Int, String)] = [
      (
        0,
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
          + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
      ),
      (
        1,
        "7b54b66836c1fbdd13d2441d9e1434dc62ca677fb68f5fe66a464baadecdbd00"
          + "576f8d6b5ac3bcc80844b7d50b1cc6603444bbe7cfcf8fc0aa1ee3c636d9e339"
      ),
      (
        3,
        "8853167ab14c043919981a6409307ef68b5b726f4b80dcab259daa24b7cabcb8"
          + "b4bbfd3e2e36ed98465059661f672e6529cdcc673e7eabfa78dd3186745b112a"
      ),
      (
        111,
        "df79e18538ec82120d0eb59f92ade93fc786e47b5c622121a065503708882f78"
          + "01fa4b115197504b74feb420ee58fb85718ab98a5bf461bf7f8897472c26be4d"
      ),
      (
        112,
        "d7377bc7047400daa33483946a6e2ec47609bc5f64b8309effd8d38b764b6ef2"
          + "50086511cc4cc9b4e5806613ecdf2a7b86ffcf0b9c88a571b869b32dfeca4b0a"
      ),
      (
        113,
        "69a127d193a5bd3239535d093dc71c32c34df13d2b1982a7f46035a1f8a98430"
          + "8cd559257dbde17c8ddd8299bee7018b832e45c47ec7135055176579797c40bd"
      ),
      (
        119,
        "1efae71e30c3bdc6cde724788736a10053fe52f4ae1841dc25003aa000a35c1b"
          + "e915429404dc73719cee9945f55b816cc3390936885bd78ce11ec56721f12957"
      ),
      (
        120,
        "ad2a8e4e76a1d9eeca549852ed03e8bda1590120cd1fabe7f7d6f0b211be0b1d"
          + "58b833091ead363c5c9564938efd45ec95830411e4a5c19de4d613dd10aad2e5"
      ),
      (
        127,
        "82b7fc0e1e5d1bb8e56e25cef83ba1205d3b3b44c9efacb33b11b13ffc47d150"
          + "2beb4b9cc885239d9a03a255757c582ee9aaa270c742f8bfd959228443704bf5"
      ),
      (
        128,
        "eb5119a4c3e176a3e0cb2bf8a6237bdc1e474f9f501f27c84284d2289b1ade3a"
          + "5a1913236a2b771e0f435f2a9b17792eb23eb92248a199f991228ff65de55d09"
      ),
      (
        129,
        "06e68bf71185b1fda1d64bc8dc221aeaa9040b40d202d6030f840940ff2e5300"
          + "56550e68bd5d7a68d6fcf910077cd5b6c0befa877a436ddae766dd278592d2b6"
      ),
      (
        239,
        "511f3b02317c383e27eb7064cc6e1d721d2c0ffd7efb5cb70647f0655ea93288"
          + "052d566892f4a1b14342adf14f96740e7433346b58d521d84fa8bcfae11ca9f8"
      ),
      (
        240,
        "774d6a1206485a1c2342cfddc586d2b0af9e78f4ed95b69ff18bf6fa3ecbe59f"
          + "d7ae11bdc5afd460f44fd84b5af08016e8986b0474d1515148ef9d8068e8dede"
      ),
      (
        255,
        "eeca349bbe7fea8643043b6beedfe770fc596b69ab3c8ee5a4ef8e6fc9b96c50"
          + "acaa19db9a1d3608c6e1e98ca3069fb8228fb0ed600934d1d9319aa9cfbee30b"
      ),
      (
        256,
        "ca6e7d0c2e4ae8774b65b1353a44154f9858ff2c6eb8c50c645eb37b39e37ad9"
          + "8184883dddacf1557a791307ad592e31e9d824c2c3e2da33b0f5e5a90d779316"
      ),
      (
        257,
        "7fedbc29ce3eb21ecb0fabbf9bf5c934ed4c6674b7411844f12902e5ad71afe3"
          + "cc2260f3018f750325d65371e94db8bb42ba58f1b40010a0e5b3d9262d8635a7"
      ),
      (
        1000,
        "5c9833a6b6d14cabd5256ae50e9217163760d44bafa40d2e0e64ee13a2b74ec3"
          + "f10d965a04c7381d12383c59ee449c75241303eb3806dcf1d8ca0c566fe1ed6a"
      ),
    ]
    for (count, digest) in digests {
      let message = (0..<count).map { UInt8(truncatingIfNeeded: count + 7 * $0) }
      #expect(Hex.encode(SHA512.digest(message)) == digest, "\(count) bytes")
    }
  }
}
