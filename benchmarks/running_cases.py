"""The benchmarks of what runs for long: a host with spec-kitty inside, a daemon with a burst or a
backlog, an emit beside a drain.
"""
import json
import shutil
import subprocess
import threading
import time

from installation import pairs
from process_cases import ROUND_TRIP_MS, ROW_BYTES

PATIENCE_S = 600
EMIT = ("emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note", "--field",
        "entry_content=hi", "--quiet")


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def host(at, threads, unanswered, count, rounds):
    """Seconds of a host's events, and of LMDB for as many rows in groups of what is unanswered."""
    group = threads * unanswered

    def ours():
        shutil.rmtree(at.place / "host", ignore_errors=True)
        began = time.monotonic()
        subprocess.run([at.host, at.place / "host", str(count), str(threads), str(unanswered)],
                       check=True, capture_output=True)
        return time.monotonic() - began

    def floor():
        shutil.rmtree(at.place / "floor", ignore_errors=True)
        return at.floor("append", at.place / "floor", count, ROW_BYTES, group)

    return pairs(rounds, ours, floor)


def left(at, home):
    queue = json.loads(at.run(home, "sync", "status", "--json")[1])["queue"]
    return queue["queued"] + queue["leased"]


def wait_until(done, step_s=0.02):
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise RuntimeError("the daemon did not get on")
        time.sleep(step_s)


class Daemon:
    """Of a home, connected; it ends with the block."""

    def __init__(self, at, home):
        self.at, self.home = at, home

    def __enter__(self):
        self.at.run(self.home, "sync", "daemon", "start")
        wait_until(lambda: json.loads(self.at.run(self.home, "sync", "status", "--json")[1])
                   ["connection"]["state"] == "Connected")

    def __exit__(self, *_):
        self.at.run(self.home, "sync", "daemon", "stop")


def burst(at, count, url):
    """Seconds from a burst's first event until a connected daemon has settled all of them."""
    home = at.home("burst", url)
    at.run(home, *EMIT)
    at.lines(count)
    with Daemon(at, home):
        began = time.monotonic()
        at.fill(home, count)
        wait_until(lambda: left(at, home) == 0)
        return time.monotonic() - began


def behind_backlog(at, count):
    """Seconds until the server has an event that is emitted while a daemon drains a backlog, and
    the seconds that `sync now` takes for such a backlog alone."""
    home = at.home("alone", at.server["url"])
    at.fill(home, count)
    alone = at.run(home, "sync", "now", "--quiet")[0]
    home = at.home("backlog", at.server["url"])
    at.fill(home, count)
    at.run(home, "sync", "daemon", "start")
    wait_until(lambda: left(at, home) < count)
    began = time.monotonic()
    event_id = at.run(home, *EMIT)[1].strip()
    wait_until(lambda: event_id in at.kept())
    waited = time.monotonic() - began
    at.run(home, "sync", "daemon", "stop")
    return waited, alone


def beside_drain(at, count, emits):
    """Milliseconds of each emit alone, and while `sync now` drains."""
    def times(home, goes_on):
        found = []
        while goes_on(found):
            found.append(at.run(home, *EMIT)[0] * 1e3)
        return found

    home = at.home("beside", at.server["url"])
    alone = times(home, lambda found: len(found) < emits)
    at.fill(home, count)
    drain = threading.Thread(target=lambda: at.run(home, "sync", "now", "--quiet"))
    drain.start()
    beside = times(home, lambda found: drain.is_alive() or not found)
    drain.join()
    return alone, beside


def running(at, small, rounds):
    """Rows of the table: name, ours, floor, ratio, unit, what the floor is."""
    large = small * 10
    found = []
    ours, floor, ratio = host(at, 4, 256, large, rounds)
    found.append((f"a host, 4 threads × 256, {large}", ours / large * 1e6, floor / large * 1e6,
                  ratio, "µs", "LMDB, rows of that size, 1024 in a commit"))
    ours, floor, ratio = host(at, 1, 1, small // 5, rounds)
    found.append((f"a host that awaits each of {small // 5}", ours / small * 5e6,
                  floor / small * 5e6, ratio, "µs", "LMDB, one row in a commit"))
    for name, url in (("loopback", at.server["url"]),
                      (f"{ROUND_TRIP_MS} ms round trip", at.delayed(ROUND_TRIP_MS / 2))):
        took = burst(at, large, url)
        found.append((f"WebSocket, {large} at once, {name}", large / took / 1e3, None, None,
                      "k/s", "emitted, sent and settled"))
    waited, alone = behind_backlog(at, large)
    found.append((f"an event behind {large}", waited, alone, waited / alone, "s",
                  "sync now of that many"))
    quiet, beside = beside_drain(at, large, max(100, small // 100))
    for share, name in ((.5, "p50"), (.99, "p99")):
        ours, floor = quantile(beside, share), quantile(quiet, share)
        found.append((f"emit beside a drain, {name} of {len(beside)}", ours, floor, ours / floor,
                      "ms", "the same alone"))
    return found
