#!/usr/bin/env python3
"""Keeps COUNT connections open that send one octet a second each, of a head or of content, for SECONDS; those that
the server cuts off come again. Tells at its end how often that was.   Usage: slow.py PORT COUNT SECONDS head|body"""
import resource
import selectors
import socket
import sys
import time

port, count, seconds, kind = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(1 << 16, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
if kind == "head":
    beginning, drip = b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 10000
else:
    beginning = b"POST /sync/v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n"
    drip = b"x" * 10000
cut_off, connections = 0, {}


def begin():
    one = socket.socket()
    one.setblocking(False)
    try:
        one.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    connections[one] = [beginning + drip[:1], 1]


start = time.time()
while len(connections) < count:
    begin()
    time.sleep(0.0005)
selector = selectors.DefaultSelector()
for one in connections:
    selector.register(one, selectors.EVENT_READ)
print("open", flush=True)
turn = time.time()
while time.time() - start < seconds:
    for key, _ in selector.select(0.05):
        one = key.fileobj
        try:
            over = not one.recv(4096)
        except BlockingIOError:
            continue
        except OSError:
            over = True
        if over:
            selector.unregister(one)
            one.close()
            del connections[one]
            cut_off += 1
            begin()
            selector.register(next(reversed(connections)), selectors.EVENT_READ)
    if time.time() < turn:
        continue
    turn += 1
    for one, state in list(connections.items()):
        try:
            state[0] = state[0][one.send(state[0]):] or drip[state[1] % len(drip):][:1]
            state[1] += 1
        except OSError:
            pass
print(cut_off)
