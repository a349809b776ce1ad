#!/usr/bin/env python3
"""Asks what a node in step asks, every 20 ms, for SECONDS; prints the count and the percentiles in milliseconds.
Usage: probe.py PORT DIRECTORY SITE SECONDS"""
import sys
import time

from signed import Connection, Signer

port, directory, site, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
signer = Signer(directory, site, "127.0.0.1:%d" % port, "/360400")
connection, times, others = Connection(port), [], 0
end = time.time() + seconds
while time.time() < end:
    request = signer.request("GET", "/sync/v1/link")
    start = time.perf_counter()
    status, _ = connection.exchange(request)
    times.append((time.perf_counter() - start) * 1000)
    others += status != 200
    time.sleep(0.02)
times.sort()
at = lambda part: times[min(len(times) - 1, int(len(times) * part))]
print("%d %.2f %.2f %.2f %d" % (len(times), at(0.5), at(0.99), times[-1], others))
