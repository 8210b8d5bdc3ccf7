"""Makes an older queue: the table of the Python tool, with good events.

queue_db.py FILE COUNT [--leave wal|journal] [--sql STATEMENT]…

Row n has the clock n and was refused n % 4 times. `--leave wal` ends without folding the log into
the file, `--leave journal` in the middle of a transaction. Prints the event ids, one a line.
"""
import argparse
import json
import os
import random
import sqlite3
import sys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TABLE = """CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE NOT NULL,
event_type TEXT NOT NULL, data TEXT NOT NULL, timestamp INTEGER NOT NULL,
retry_count INTEGER DEFAULT 0)"""


def ulid(milliseconds, noise):
    value = milliseconds << 80 | noise
    text = ""
    for _ in range(26):
        text = ALPHABET[value & 31] + text
        value >>= 5
    return text


def event(number, event_id):
    return {
        "event_id": event_id, "event_type": "WPStatusChanged", "aggregate_id": "WP01",
        "aggregate_type": "WorkPackage",
        "payload": {"wp_id": "WP01", "previous_status": "planned", "new_status": "doing",
                    "changed_by": "user", "feature_slug": None, "note": f"caf\u00e9 {number}"},
        "node_id": "0123456789ab", "lamport_clock": number, "causation_id": None,
        "timestamp": "2026-02-03T04:05:06.000007+00:00", "git_branch": "main"}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("file")
    options.add_argument("count", type=int)
    options.add_argument("--leave", choices=["wal", "journal"])
    options.add_argument("--sql", action="append", default=[])
    given = options.parse_args()
    db = sqlite3.connect(given.file, isolation_level=None)
    if given.leave == "wal":
        db.execute("PRAGMA journal_mode=WAL")
    db.execute(TABLE)
    noise = random.Random(7)
    db.execute("BEGIN")
    for number in range(1, given.count + 1):
        event_id = ulid(1_700_000_000_000 + number, noise.getrandbits(80))
        print(event_id)
        db.execute("INSERT INTO queue (event_id, event_type, data, timestamp, retry_count)"
                   " VALUES (?, 'WPStatusChanged', ?, ?, ?)",
                   (event_id, json.dumps(event(number, event_id)), 1_700_000_000, number % 4))
    db.execute("COMMIT")
    for statement in given.sql:
        db.execute(statement)
    if given.leave == "journal":  # pages of a transaction that never ends are in the file already
        db.execute("PRAGMA cache_size=1")
        db.execute("BEGIN")
        db.execute("UPDATE queue SET data = 'lost', retry_count = 77")
    if given.leave:
        sys.stdout.flush()
        os._exit(0)
    db.close()


main()
