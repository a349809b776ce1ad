#!/usr/bin/env python3
"""Speaks to the helper as the node does: content too large for its memory, then another request on the same socket.
Usage: spool.py HELPER BASE-URL CA-FILE DIRECTORY      exit status 0 where both were answered as they should be"""
import os
import socket
import subprocess
import sys

helper, base, authorities, directory = sys.argv[1:5]
ours, theirs = socket.socketpair()
process = subprocess.Popen([helper, base, authorities], stdin=theirs, env={**os.environ, "TMPDIR": directory})
theirs.close()
ours.settimeout(30)
host = "Host: " + base.removeprefix("https://")


def exchange(head, content=b""):
    ours.sendall("\r\n".join(head + ["", ""]).encode() + content)
    found = b""
    while b"\r\n\r\n" not in found:
        more = ours.recv(65536)
        if not more:
            return found
        found += more
    fields, _, body = found.partition(b"\r\n\r\n")
    length = int(next(line.split(b":")[1] for line in fields.lower().split(b"\r\n") if b"content-length" in line))
    while len(body) < length:
        body += ours.recv(65536)
    return fields


content = os.urandom(9_000_000)
first = exchange(["PUT /360400/sync/v1/blobs/00 HTTP/1.1", host, "Content-Type: application/octet-stream",
                  "Content-Length: %d" % len(content)], content)
second = exchange(["GET /healthz HTTP/1.1", host])
left = [name for name in os.listdir(directory) if name.startswith("sitegroup-https.")]
ours.close()
status = process.wait(10)
print(first.split(b"\r\n")[0], second.split(b"\r\n")[0], left, status)
sys.exit(0 if b" 401 " in first and b" 200 " in second and not left and status == 0 else 1)
