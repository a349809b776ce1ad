"""Pulls the items of a site in each stored form: a client that announces no dictionary, then number 1, then all. Usage:
forms.py URL CODE TOKEN; prints, a line for each, the greatest number that came and the octets of an item's record."""
import os
import sys
import zlib

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Interoperability"))
from client import Node  # noqa: E402

ITEM = 4
ANNOUNCED = [[0], [0, 1], [0, 1, 2]]


def main():
    node = Node(sys.argv[1], sys.argv[2])
    node.enrol(sys.argv[3], "Forms", "county")
    node.reconcile()
    totals, count, used = [0] * len(ANNOUNCED), 0, [0] * len(ANNOUNCED)
    while True:
        pages = []
        # The same page each time: its cursor acknowledges the one before it alone.
        for announced in ANNOUNCED:
            fields = {**node.head(), 10: node.cursor, 11: 1 << 20, 12: announced, 13: 0, 14: bytes(32)}
            told, items = node.exchange("pull", fields)
            pages.append(items)
            if announced == [0]:
                cursor, has_more = told[10], told.get(11)
        for place, item in enumerate(pages[0]):
            if item[0] != 10 or cbor2.loads(zlib.decompress(item[2], wbits=-15))[0][1] != ITEM:
                continue
            count += 1
            for form, page in enumerate(pages):
                assert page[place][1] in ANNOUNCED[form], "a dictionary that was not announced"
                used[form] = max(used[form], page[place][1])
                totals[form] += len(page[place][2])
        node.cursor = cursor
        if not pages[0] and not has_more:
            break
    for form, total in enumerate(totals):
        print(used[form], total / count, count)


main()
