// Signature and digest vectors. The profile's were produced by another implementation
// (PyPI http-message-signatures 3.0.0), each HMAC computed a second time.

import Testing

/// A signed request of this profile.
struct ProfileVector: Sendable, CustomTestStringConvertible {
  let method: String
  let authority: String
  let target: String
  let bodyHex: String
  let contentDigest: String?
  let signatureInput: String
  let signature: String
  let base: [String]

  var testDescription: String { "\(method) \(target)" }
}

enum SignatureVectors {
  static let profileKeyHex =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

  static let profile: [ProfileVector] = [
    ProfileVector(
      method: "GET", authority: "node-a.example:8443",
      target: "/sync/v1/changes?since=17&limit=500",
      bodyHex: "",
      contentDigest: nil,
      signatureInput: #"sig1=("@method" "@authority" "@path" "@query");created=17000"#
        + #"00000;keyid="county-01";alg="hmac-sha256";expires=1700000060"#
        + #";nonce="AAECAwQFBgcICQoLDA0ODw""#,
      signature: "sig1=:Ya+TEu6FHZ9mZmWEDbiUgahdrR/Zd96jeNNn2qMJAqQ=:",
      base: [
        #""@method": GET"#,
        #""@authority": node-a.example:8443"#,
        #""@path": /sync/v1/changes"#,
        #""@query": ?since=17&limit=500"#,
        #""@signature-params": ("@method" "@authority" "@path" "@query"#
          + #"");created=1700000000;keyid="county-01";alg="hmac-sha256";ex"#
          + #"pires=1700000060;nonce="AAECAwQFBgcICQoLDA0ODw""#,
      ]),
    ProfileVector(
      method: "GET", authority: "node-a.example",
      target: "/sync/v1/status",
      bodyHex: "",
      contentDigest: nil,
      signatureInput: #"sig1=("@method" "@authority" "@path" "@query");created=17000"#
        + #"00000;keyid="county-01";alg="hmac-sha256";expires=1700000060"#
        + #";nonce="AAECAwQFBgcICQoLDA0ODw""#,
      signature: "sig1=:0hnNkfWFmThWpTLul0hkCNhzsfgI1HXOHL0oPCT0C6w=:",
      base: [
        #""@method": GET"#,
        #""@authority": node-a.example"#,
        #""@path": /sync/v1/status"#,
        #""@query": ?"#,
        #""@signature-params": ("@method" "@authority" "@path" "@query"#
          + #"");created=1700000000;keyid="county-01";alg="hmac-sha256";ex"#
          + #"pires=1700000060;nonce="AAECAwQFBgcICQoLDA0ODw""#,
      ]),
    ProfileVector(
      method: "GET", authority: "NODE-A.example:80",
      target: "/a%20b/%E4%B8%AD?q=%2F&x=",
      bodyHex: "",
      contentDigest: nil,
      signatureInput: #"sig1=("@method" "@authority" "@path" "@query");created=17000"#
        + #"00000;keyid="county-01";alg="hmac-sha256";expires=1700000060"#
        + #";nonce="AAECAwQFBgcICQoLDA0ODw""#,
      signature: "sig1=:MjXW9/TUeODKjO/8OF92nscIe6YBNgHT4ZUeXjPma6E=:",
      base: [
        #""@method": GET"#,
        #""@authority": node-a.example"#,
        #""@path": /a%20b/%E4%B8%AD"#,
        #""@query": ?q=%2F&x="#,
        #""@signature-params": ("@method" "@authority" "@path" "@query"#
          + #"");created=1700000000;keyid="county-01";alg="hmac-sha256";ex"#
          + #"pires=1700000060;nonce="AAECAwQFBgcICQoLDA0ODw""#,
      ]),
    ProfileVector(
      method: "POST", authority: "node-a.example:8443",
      target: "/sync/v1/push",
      bodyHex: "7b226f7073223a5b7b226964223a2261227d5d7d",
      contentDigest: "sha-256=:JNB9pAReXjNUZ1Vv+YBPsdIQDIYl+AEXeCtT4dimBiU=:",
      signatureInput: #"sig1=("@method" "@authority" "@path" "@query" "content-diges"#
        + #"t" "content-type" "content-length");created=1700000000;keyid"#
        + #"="county-01";alg="hmac-sha256";expires=1700000060;nonce="AAE"#
        + #"CAwQFBgcICQoLDA0ODw""#,
      signature: "sig1=:RJcwkQlBVIkT4MQXA3+06GIxHQYG+i9OVhv+P8S5wsQ=:",
      base: [
        #""@method": POST"#,
        #""@authority": node-a.example:8443"#,
        #""@path": /sync/v1/push"#,
        #""@query": ?"#,
        #""content-digest": sha-256=:JNB9pAReXjNUZ1Vv+YBPsdIQDIYl+AEXe"#
          + #"CtT4dimBiU=:"#,
        #""content-type": application/json"#,
        #""content-length": 20"#,
        #""@signature-params": ("@method" "@authority" "@path" "@query"#
          + #"" "content-digest" "content-type" "content-length");created="#
          + #"1700000000;keyid="county-01";alg="hmac-sha256";expires=17000"#
          + #"00060;nonce="AAECAwQFBgcICQoLDA0ODw""#,
      ]),
    ProfileVector(
      method: "PUT", authority: "node-a.example:8443",
      target: "/blob/sha256-00?",
      bodyHex: "0001ff",
      contentDigest: "sha-256=:JqZrBh6PSPOZJ8MS8lKTlZcp7ulZeOKJLUnTUSpcwJI=:",
      signatureInput: #"sig1=("@method" "@authority" "@path" "@query" "content-diges"#
        + #"t" "content-type" "content-length");created=1700000000;keyid"#
        + #"="county-01";alg="hmac-sha256";expires=1700000060;nonce="AAE"#
        + #"CAwQFBgcICQoLDA0ODw""#,
      signature: "sig1=:Nlm4dop2rYnxUhCWA5uCKoa1GgeoikjhjugWjAiHiy8=:",
      base: [
        #""@method": PUT"#,
        #""@authority": node-a.example:8443"#,
        #""@path": /blob/sha256-00"#,
        #""@query": ?"#,
        #""content-digest": sha-256=:JqZrBh6PSPOZJ8MS8lKTlZcp7ulZeOKJL"#
          + #"UnTUSpcwJI=:"#,
        #""content-type": application/json"#,
        #""content-length": 3"#,
        #""@signature-params": ("@method" "@authority" "@path" "@query"#
          + #"" "content-digest" "content-type" "content-length");created="#
          + #"1700000000;keyid="county-01";alg="hmac-sha256";expires=17000"#
          + #"00060;nonce="AAECAwQFBgcICQoLDA0ODw""#,
      ]),
  ]
}
