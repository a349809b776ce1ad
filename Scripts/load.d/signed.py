"""A client that signs as Docs/Protocol.md §4 says: RFC 9421 with hmac-sha256, RFC 9530. Standard library alone."""
import base64
import hashlib
import hmac
import json
import os
import socket
import time


class Signer:
    """Builds requests of one site; its key is the one in the node's own keys.json."""

    def __init__(self, directory, site, authority, prefix):
        with open(os.path.join(directory, "keys.json")) as file:
            self.key = bytes.fromhex(json.load(file)["upstream"]["key"])
        self.site, self.authority, self.prefix = site, authority, prefix

    def request(self, method, path, body=b"", fields=(), coding=None):
        path = self.prefix + path
        covered = ['"@method"', '"@authority"', '"@path"', '"@query"']
        lines = ['"@method": ' + method, '"@authority": ' + self.authority]
        target, _, query = path.partition("?")
        lines += ['"@path": ' + target, '"@query": ?' + query]
        head = ["%s %s HTTP/1.1" % (method, path), "Host: " + self.authority, *fields]
        if body:
            digest = "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()
            covered += ['"content-digest"', '"content-type"']
            lines += ['"content-digest": ' + digest, '"content-type": application/cbor-seq']
            head += ["Content-Digest: " + digest, "Content-Type: application/cbor-seq",
                     "Content-Length: %d" % len(body)]
        if coding:
            covered.append('"content-encoding"')
            lines.append('"content-encoding": ' + coding)
            head.append("Content-Encoding: " + coding)
        now = int(time.time())
        parameters = '(%s);created=%d;expires=%d;nonce="%s";keyid="%s";alg="hmac-sha256"' % (
            " ".join(covered), now, now + 200, os.urandom(8).hex(), self.site)
        base = "\n".join(lines + ['"@signature-params": ' + parameters]).encode()
        signature = base64.b64encode(hmac.new(self.key, base, hashlib.sha256).digest()).decode()
        head += ["Signature-Input: sig1=" + parameters, "Signature: sig1=:%s:" % signature, "", ""]
        return "\r\n".join(head).encode() + body


class Connection:
    """One kept connection; opened anew where the server has closed it."""

    def __init__(self, port):
        self.port, self.socket = port, None

    def exchange(self, octets):
        """The status and the fields of the answer; its content is read and dropped."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(octets)
        except OSError:
            pass  # refused before all of it was read: the answer is there
        found = b""
        while b"\r\n\r\n" not in found:
            more = self.socket.recv(65536)
            if not more:
                self.close()
                return None, {}
            found += more
        head, _, content = found.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        left = int(fields.get("content-length", 0)) - len(content)
        while left > 0:
            more = self.socket.recv(min(left, 65536))
            if not more:
                break
            left -= len(more)
        if fields.get("connection") == "close":
            self.close()
        return int(first.split()[1]), fields

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None
