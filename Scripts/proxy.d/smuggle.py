#!/usr/bin/env python3
"""Sends requests that two readers could see differently through a proxy over TLS, each on a connection of its own:
no request that hides in another's content may ever be answered, to its sender or to whoever comes next.
Usage: smuggle.py PORT CA-FILE        exit status 0 where nothing came through"""
import re
import socket
import ssl
import sys

port, authorities = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=authorities)
host = b"Host: localhost:%d\r\n" % port
hidden = b"GET /smuggled HTTP/1.1\r\n" + host + b"\r\n"
chunk = b"0\r\n\r\n"


def post(fields, body, line=b"POST /sync/v1/push HTTP/1.1"):
    return line + b"\r\n" + host + fields + b"\r\n" + body


def te(spelling, body=chunk + hidden, length=None):
    """Transfer-Encoding as spelt beside a Content-Length."""
    return post(b"Content-Length: %d\r\n" % (len(body) if length is None else length) + spelling, body)


cases = {
    "CL.TE": te(b"Transfer-Encoding: chunked\r\n"),
    "TE.CL": te(b"Transfer-Encoding: chunked\r\n", b"%x\r\n" % len(hidden) + hidden + b"\r\n" + chunk, 4),
    "TE with a space before the colon": te(b"Transfer-Encoding : chunked\r\n"),
    "TE with a tab": te(b"Transfer-Encoding:\tchunked\r\n"),
    "TE with a vertical tab": te(b"Transfer-Encoding:\x0bchunked\r\n"),
    "TE identity": te(b"Transfer-Encoding: identity\r\n"),
    "TE xchunked": te(b"Transfer-Encoding: xchunked\r\n"),
    "TE chunked, identity": te(b"Transfer-Encoding: chunked, identity\r\n"),
    "TE twice": te(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
    "TE folded": te(b"Transfer-Encoding:\r\n chunked\r\n"),
    "TE behind a bare LF": te(b"X: y\nTransfer-Encoding: chunked\r\n"),
    "TE behind a bare CR": te(b"X: y\rTransfer-Encoding: chunked\r\n"),
    "TE in capitals": te(b"TRANSFER-ENCODING: CHUNKED\r\n"),
    "TE quoted": te(b"Transfer-Encoding: \"chunked\"\r\n"),
    "TE with NUL": te(b"Transfer-Encoding: chunked\x00\r\n"),
    "TE with an underscore": te(b"Transfer_Encoding: chunked\r\n"),
    "two lengths": post(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(hidden), hidden),
    "a list of lengths": post(b"Content-Length: 0, %d\r\n" % len(hidden), hidden),
    "a length with a sign": post(b"Content-Length: +0\r\n", hidden),
    "a length with leading zeros and a second one": post(b"Content-Length: 00\r\nContent-Length: 5\r\n", hidden),
    "a hexadecimal length": post(b"Content-Length: 0x0\r\n", hidden),
    "a length that overflows": post(b"Content-Length: 18446744073709551616\r\n", hidden),
    "a length with a space in it": post(b"Content-Length: 1 0\r\n", hidden),
    "a length before the colon": post(b"Content-Length : 0\r\n", hidden),
    "a chunk with a bare LF": post(b"Transfer-Encoding: chunked\r\n", b"0\n\n" + hidden),
    "a chunk size that overflows": post(b"Transfer-Encoding: chunked\r\n",
                                        b"10000000000000000\r\n\r\n" + hidden),
    "a chunk extension with a bare LF": post(b"Transfer-Encoding: chunked\r\n",
                                             b"2;\nxx\r\n%x\r\n0\r\n\r\n" % len(hidden) + hidden),
    "a chunk that is longer than it says": post(b"Transfer-Encoding: chunked\r\n", b"2\r\nabXY0\r\n\r\n" + hidden),
    "a trailer that frames": post(b"Transfer-Encoding: chunked\r\n",
                                  b"0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden),
    "TE in HTTP/1.0": post(b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", chunk + hidden,
                           b"POST /sync/v1/push HTTP/1.0"),
    "GET with content": te(b"", hidden).replace(b"POST", b"GET"),
    "HEAD with content": te(b"", hidden).replace(b"POST", b"HEAD"),
    "Expect and content": te(b"Expect: 100-continue\r\n", hidden),
    "Connection names Content-Length": te(b"Connection: content-length\r\n", hidden),
    "an absolute target elsewhere": te(b"", hidden, None).replace(b"/sync/v1/push", b"http://other/sync/v1/push"),
    "a line feed in the target": post(b"", b"", b"GET /a%0d%0aX: y\r\nX: HTTP/1.1") + hidden,
    "Host twice": post(b"Host: other\r\nContent-Length: %d\r\n" % len(hidden), hidden),
    "Upgrade": te(b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", hidden),
}


def connect():
    plain = socket.create_connection(("localhost", port), timeout=3)
    return context.wrap_socket(plain, server_hostname="localhost")


def answers(octets, wait=0.4):
    """What comes back until the connection ends or falls silent."""
    connection, found = connect(), b""
    try:
        connection.sendall(octets)
        connection.settimeout(wait)
        while True:
            more = connection.recv(65536)
            if not more:
                break
            found += more
    except OSError:
        pass
    finally:
        connection.close()
    return found


def status_lines(octets):
    return re.findall(rb"HTTP/1\.[01] ([2-5]\d\d)", octets)


health = b"GET /healthz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n"
failures = 0
for name, octets in cases.items():
    found = answers(octets)
    # A proxy may read what follows as the next request of the same client; never as part of an answer, and
    # whoever comes next is given his own answer.
    wrong = []
    if len(status_lines(found)) > 2:
        wrong.append("%d answers" % len(status_lines(found)))
    if b"CL.TE" == name.encode() and len(status_lines(found)) > 1:
        wrong.append("the hidden request was answered")
    for _ in range(3):
        after = answers(health, 2)
        if status_lines(after) != [b"200"] or not after.endswith(b"ok\n"):
            wrong.append("the next client got %r" % after[:60])
    if wrong:
        failures += 1
        print("✗ %s: %s" % (name, "; ".join(wrong)))
print("%d of %d ambiguous requests harmless" % (len(cases) - failures, len(cases)))
sys.exit(1 if failures else 0)
