"""A node that knows Docs/Protocol.md alone: it enrols, reconciles, pushes, pulls and changes its key, with requests,
http-message-signatures and cbor2. Usage: client.py URL CODE TOKEN TITLE; answers with one line of JSON."""
import base64
import datetime
import hashlib
import hmac
import io
import json
import os
import sys
import time
import zlib

import cbor2
import requests
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

TYPE = "application/cbor-seq"


def cbor(value):
    return cbor2.dumps(value, canonical=True)


def sequence(octets):
    """The items of a CBOR sequence, RFC 8742."""
    stream, items = io.BytesIO(octets), []
    while stream.tell() < len(octets):
        items.append(cbor2.load(stream))
    return items


def now():
    return int(time.time() * 1000)


def hkdf(secret, salt, info):
    """RFC 5869, 32 octets."""
    pseudorandom = hmac.digest(salt, secret, "sha256")
    return hmac.digest(pseudorandom, info + b"\1", "sha256")


def named(*parts):
    """The id that parts name, §11.1."""
    return hashlib.sha256(cbor(list(parts))).digest()[:12]


class Node(HTTPSignatureKeyResolver):
    def __init__(self, url, code):
        self.url, self.code, self.http = url, code, requests.Session()
        self.epoch, self.ticket = os.urandom(8), os.urandom(8)
        self.known, self.last, self.number = None, None, 0
        self.held = {}

    def resolve_private_key(self, key_id):
        return self.key

    def resolve_public_key(self, key_id):
        assert key_id == self.server, key_id
        return self.key

    # §10

    def enrol(self, token, name, kind):
        secret = hashlib.sha256(token.encode()).digest()
        nonce = os.urandom(16)
        said = ["sitegroup enrol 1 client", self.code, name, kind, nonce]
        body = cbor({0: 1, 30: self.code, 31: name, 32: kind, 33: nonce, 34: hmac.digest(secret, cbor(said), "sha256")})
        answer = self.http.post(self.url + "/sync/v1/enrol", data=body, headers={"Content-Type": TYPE})
        assert answer.status_code == 200, answer.text
        told = sequence(answer.content)[0]
        said = ["sitegroup enrol 1 server", self.code, told[35], told[36], told[37], told[38], nonce, told[39]]
        assert hmac.compare_digest(told[40], hmac.digest(secret, cbor(said), "sha256"))
        assert told[38] == "sha-256", told[38]
        self.server = told[35]
        self.key = hkdf(secret, nonce + told[39], cbor(["sitegroup key 1", self.code, self.server]))

    def change_key(self):
        nonce = os.urandom(16)
        answer = self.call("POST", "key", cbor({0: 1, 33: nonce}))
        info = cbor(["sitegroup key 2", self.code, self.server])
        self.key = hkdf(self.key, nonce + sequence(answer.content)[0][39], info)

    # §4

    def call(self, method, path, body=b"", expected=200):
        request = self.http.prepare_request(requests.Request(method, self.url + "/sync/v1/" + path, data=body or None))
        covered = ["@method", "@authority", "@path", "@query"]
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            request.headers["Content-Digest"] = "sha-256=:%s:" % digest
            request.headers["Content-Type"] = TYPE
            covered += ["content-digest", "content-type"]
        at = datetime.datetime.now()
        HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=self).sign(
            request, key_id=self.code, created=at, expires=at + datetime.timedelta(seconds=200),
            nonce=os.urandom(12).hex(), label="sig1", covered_component_ids=covered, use_existing_digest=bool(body))
        answer = self.http.send(request)
        assert answer.status_code == expected, (answer.status_code, answer.text)
        if expected != 401:
            self.check(answer)
        return answer

    def check(self, answer):
        """The answer is signed with the key of the link, over this very request."""
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=self)
        found = verifier.verify(answer, max_age=datetime.timedelta(seconds=300))[0]
        for name in ['"@status"', '"content-digest"', '"signature";req;key="sig1"']:
            assert name in found.covered_components, (name, found.covered_components)
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert answer.headers["Content-Digest"] == "sha-256=:%s:" % digest

    def head(self):
        self.number += 1
        fields = {0: 1, 1: self.epoch, 2: self.known, 3: self.last, 4: self.ticket, 5: now(), 6: self.number}
        return {number: value for number, value in fields.items() if value is not None}

    def exchange(self, path, fields, items=()):
        body = cbor(fields) + b"".join(cbor(item) for item in items)
        answer = sequence(self.call("POST", path, body).content)
        self.last = self.ticket
        return answer[0], answer[1:]

    # §7 to §9

    def reconcile(self):
        """Nothing is held yet: one range of all keys, with nothing in it, compared; then listed."""
        self.known = sequence(self.call("GET", "link").content)[0][1]
        told, unequal = self.exchange("reconcile", {**self.head(), 22: True}, [[32, b"", b"", 0, bytes(32)]])
        if unequal:
            # Listed, though there is nothing to list: then every key has been in a range that was.
            self.exchange("reconcile", self.head(), [[33, b"", b""]])
        # What only the server has comes with the next pulls.
        self.known, self.cursor = told[1], told[10]

    def push(self, record):
        octets = cbor(record)
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        whole = [10, 0, deflater.compress(octets) + deflater.flush()]
        _, refused = self.exchange("push", self.head(), [whole])
        self.held[tuple(record[0])] = octets
        return refused

    def fingerprint(self):
        total = sum(int.from_bytes(hashlib.sha256(octets).digest(), "big") for octets in self.held.values())
        return len(self.held), (total % 2**256).to_bytes(32, "big")

    def pull(self):
        while True:
            count, total = self.fingerprint()
            fields = {**self.head(), 10: self.cursor, 11: 1 << 20, 12: [0], 13: count, 14: total}
            told, items = self.exchange("pull", fields)
            for item in items:
                assert item[0] in (10, 12), "a patch without a base"
                if item[0] == 12:
                    self.held.pop(tuple(item[1]), None)
                    continue
                assert item[1] == 0, "a dictionary that was not announced"
                octets = zlib.decompress(item[2], wbits=-15)
                record = cbor2.loads(octets)
                assert cbor(record) == octets, "not canonical"
                self.held[tuple(record[0])] = octets
            self.cursor = told[10]
            if not items and not told.get(11):
                return (told[13], told[14]) == self.fingerprint()


def main():
    url, code, token, title = sys.argv[1:5]
    node = Node(url, code)
    node.enrol(token, "Python", "county")
    node.reconcile()
    column = [code, 3, named(code, "news")]
    item = [code, 4, named(code, "python-1")]
    at = now()

    def latest(value, author=code):
        return [1, at, author, value]

    column_id = base64.b32encode(column[2]).decode().rstrip("=").lower()
    refused = node.push([column, {"path": latest("news")}])
    refused += node.push([item, {
        "title": latest(title), "body": latest("<p>x</p>"), "published_at": latest(at), "life": [2, 1, 1, at, code],
        "in/" + column_id: latest(True)}])
    in_step = node.pull()
    forged = [[node.server, 3, named(node.server, "news")], {"path": latest("mine")}]
    forbidden = node.push(forged)
    node.held.pop(tuple(forged[0]))
    old = node.key
    node.change_key()
    node.call("GET", "link")
    new, node.key = node.key, bytes(32)
    node.call("GET", "link", expected=401)
    node.key = new
    kinds = sorted({key[1] for key in node.held})
    print(json.dumps({
        "refused": len(refused), "in_step": in_step, "forbidden": [one[3] for one in forbidden], "kinds": kinds,
        "key_changed": old != new}))


if __name__ == "__main__":
    main()
