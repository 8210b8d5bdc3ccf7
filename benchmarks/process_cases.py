"""The benchmarks of whole processes: streams, drains, and stores that have grown."""
import json
import shutil

from installation import pairs

ROW_BYTES = 600  # of an event of Installation.lines, as it is stored
GROUP = 4096     # of the floor's commits
BATCH = 1000     # of the floor's drain
ROUND_TRIP_MS = 100
LARGE_BATCH = 10_000


def slow_disk(at, microseconds):
    return {"LD_PRELOAD": str(at.tools / "libslow_sync.so"),
            "SPEC_KITTY_SYNC_US": str(microseconds)}


def stream(at, count, rounds, env=None):
    """Seconds of `emit --stdin`, and of LMDB for as many rows in groups."""
    def ours():
        home = at.home("stream")
        return at.run(home, "emit", "--stdin", "--quiet", file=at.lines(count), env=env)[0]

    def floor():
        shutil.rmtree(at.place / "floor", ignore_errors=True)
        return at.floor("append", at.place / "floor", count, ROW_BYTES, GROUP, env=env)

    at.lines(count)
    return pairs(rounds, ours, floor)


def drain(at, count, rounds, url):
    """Seconds of `sync now`, and of LMDB and zlib for the client's part of it."""
    def ours():
        home = at.home("drain", url)
        at.fill(home, count)
        return at.run(home, "sync", "now", "--quiet")[0]

    def floor():
        shutil.rmtree(at.place / "floor", ignore_errors=True)
        at.floor("append", at.place / "floor", count, ROW_BYTES, GROUP)
        return at.floor("drain", at.place / "floor", BATCH)

    return pairs(rounds, ours, floor)


def stream_and_drain(at, small, rounds):
    """Rows of the table: name, ours, floor, ratio, unit, what the floor is."""
    large = small * 10
    raw = f"LMDB, rows of that size, {GROUP} in a commit"
    found = []

    def row(name, values, count, what):
        ours, floor, ratio = values
        found.append((name, ours / count * 1e6, floor / count * 1e6, ratio, "µs", what))

    row(f"emit --stdin, {large} events, each", stream(at, large, rounds), large, raw)
    row(f"  at 1 ms per sync, {small}", stream(at, small, rounds, slow_disk(at, 1000)), small, raw)
    row(f"sync now, {large} events, each", drain(at, large, rounds, at.server["url"]), large,
        "LMDB: read, join, zlib 1, delete; no server")
    near = drain(at, small, rounds, at.server["url"])[0]
    far, _, _ = drain(at, small, rounds, at.delayed(ROUND_TRIP_MS / 2))
    least = near + ROUND_TRIP_MS / 1000
    row(f"  at {ROUND_TRIP_MS} ms round trip, {small}", (far, least, far / least), small,
        "the same on loopback, and one round trip")
    generous = at.dev_server("generous", "--batch-events", LARGE_BATCH)
    near = drain(at, large, rounds, generous["url"])[0]
    far, _, _ = drain(at, large, rounds, at.delayed(ROUND_TRIP_MS / 2, generous))
    least = near + ROUND_TRIP_MS / 1000
    row(f"  the same, {large} in batches of {LARGE_BATCH}", (far, least, far / least), large,
        "the same on loopback, and one round trip")
    return found


def growth(at, sizes, rounds):
    """One emit, a status, a login that adopts, at each size beside an empty home."""
    found = []
    for count in sizes:
        empty = at.home("empty", at.server["url"])
        large = at.home("large")
        at.run(large, "sync", "server", at.server["url"])
        at.fill(large, count)
        adopting, least = at.login(large), at.login(empty)
        found.append((f"auth login that adopts {count}", adopting * 1e3, least * 1e3,
                      adopting / least, "ms", "a login that adopts none"))
        for name, words in (("emit", ("emit", "HistoryAdded", "--wp", "WP01", "--field",
                                      "entry_type=note", "--field", "entry_content=hi")),
                            ("sync status", ("sync", "status"))):
            ours, floor, ratio = pairs(rounds, lambda: at.run(large, *words)[0],
                                       lambda: at.run(empty, *words)[0])
            found.append((f"{name} at {count} queued", ours * 1e3, floor * 1e3, ratio, "ms",
                          "the same in an empty home"))
        before = at.file_bytes(large)
        report = json.loads(at.run(large, "sync", "now", "--json")[1])
        if report["remaining"] == 0:
            after = at.file_bytes(large) / 2**20
            found.append((f"the file after {count} were drained", after, 16, after / 16, "MiB",
                          f"what may stay; it had {before / 2**20:.0f} MiB"))
    return found
