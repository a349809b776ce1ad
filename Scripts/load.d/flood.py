#!/usr/bin/env python3
"""A node that asks as fast as it can over COUNT connections, heeding nothing, for SECONDS. Prints how often it was
answered, by status.   Usage: flood.py PORT DIRECTORY SITE COUNT SECONDS"""
import collections
import sys
import threading
import time

from signed import Connection, Signer

port, directory, site, count, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
signer = Signer(directory, site, "127.0.0.1:%d" % port, "/360400")
end = time.time() + seconds
statuses = collections.Counter()


def run():
    connection = Connection(port)
    while time.time() < end:
        try:
            statuses[connection.exchange(signer.request("GET", "/sync/v1/link"))[0]] += 1
        except OSError:
            connection.close()


threads = [threading.Thread(target=run) for _ in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(dict(sorted(statuses.items(), key=str)))
