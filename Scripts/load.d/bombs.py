#!/usr/bin/env python3
"""Sends content that is larger than it looks, and heads that promise more than there is; prints what each was
answered.   Usage: bombs.py PORT DIRECTORY SITE"""
import sys
import zlib

from signed import Connection, Signer

port, directory, site = int(sys.argv[1]), sys.argv[2], sys.argv[3]
authority = "127.0.0.1:%d" % port
signer = Signer(directory, site, authority, "/360400")


def gzip_of_zeros(size, told=None):
    """A member of so many zeros that tells another size, where one is given."""
    packer, parts = zlib.compressobj(9, zlib.DEFLATED, 31), []
    block = bytes(1 << 20)
    for _ in range(size >> 20):
        parts.append(packer.compress(block))
    member = b"".join(parts) + packer.flush()
    return member if told is None else member[:-4] + told.to_bytes(4, "little")


def plain(path, body, *fields):
    head = ["POST /360400%s HTTP/1.1" % path, "Host: " + authority, "Content-Type: application/cbor-seq", *fields]
    return "\r\n".join(head + ["", ""]).encode() + body


bomb = gzip_of_zeros(1 << 30)
liar = gzip_of_zeros(1 << 30, 1000)
length = "Content-Length: %d" % len(bomb)
gzip = "Content-Encoding: gzip"
cases = [
    ("gzip of 1 GiB (%d octets), unsigned" % len(bomb), plain("/sync/v1/push", bomb, length, gzip)),
    ("the same to enrol", plain("/sync/v1/enrol", bomb, length, gzip)),
    ("the same, signed", signer.request("POST", "/sync/v1/push", bomb, coding="gzip")),
    ("the same, telling a small size, to enrol", plain("/sync/v1/enrol", liar, length, gzip)),
    ("the same, telling a small size, signed", signer.request("POST", "/sync/v1/push", liar, coding="gzip")),
    ("Content-Length 10^15", plain("/sync/v1/push", b"", "Content-Length: 1" + "0" * 15)),
    ("a chunk of 10^15", plain("/sync/v1/push", b"38d7ea4c68000\r\n", "Transfer-Encoding: chunked")),
]
for name, octets in cases:
    print("%s: %s" % (name, Connection(port).exchange(octets)[0]))
