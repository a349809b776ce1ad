/// Messages as clients, servers and their enemies write them.
enum HTTPSamples {
  static let requests = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b:81/p?q HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "3;x=\"y\"\r\nabc\r\n0\r\nT: v\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: [::1]:80\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "\r\nHEAD /?a=b&c HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nX:\t v \r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
  ]

  static let responses = [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 \r\nETag: \"a\"\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil close",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\nmore",
    "HTTP/1.1 401 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  ]

  static let words = [
    "\r\n", "HTTP/1.1", "HTTP/1.0", "GET ", "POST ", "Host: ", "Content-Length: ",
    "Transfer-Encoding: ", "chunked", "identity", "Connection: ", "close", "keep-alive",
    "Expect: ", "100-continue", "http://", "%2F", "\r\n\r\n", "0\r\n\r\n", "99999999999999999999",
    "7fffffffffffffff", "ffffffffffffffff", "Set-Cookie: ", ";a=b",
  ]
}
