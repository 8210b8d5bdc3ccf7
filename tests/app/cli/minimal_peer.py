#!/usr/bin/env python3
"""The client and a server that has nothing beyond docs/protocol.md: no offer, no clock, no log.

  minimal_peer.py FOLDER-OF-PROGRAMS
"""

import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "server" / "bars"), str(HERE.parent.parent / "support")]
from minimal_server import TEAM, MinimalServer  # noqa: E402
from team_server import Home, eventually  # noqa: E402


def delivers_batches(server, home):
    recorded = home.emit(50)
    home.run("sync", "now")
    assert list(server.events) == recorded, "each once and in order"
    assert {event["team_slug"] for event in server.events.values()} == {TEAM}, "the token's claim"


def is_a_sync_server_without_a_clock(server, home):
    """404 on /api/v1/clock/: these commands ask with a batch without events."""
    for words in (("sync", "status", "--check"), ("sync", "doctor"), ("clock", "reconcile")):
        before = len(server.asked)
        home.run(*words)
        asked = server.asked[before:]
        assert ("/api/v1/clock/", None) in asked, (words, asked)
        assert ("/api/v1/events/batch/", {"events": []}) in asked, (words, asked)


def is_waited_for_by_its_own_clock(server, home):
    """Its Date is years behind this machine's: only the difference counts."""
    server.date = "Mon, 01 Jan 2001 00:00:00 GMT"
    server.pauses = ["Mon, 01 Jan 2001 00:00:02 GMT"]
    recorded = home.emit(1)
    begun = time.monotonic()
    home.run("sync", "now")
    assert time.monotonic() - begun >= 1.5, "it was not waited for"
    server.date = None
    assert recorded[0] in server.events


def renews_the_session(server, home):
    server.access_tokens.clear()
    recorded = home.emit(1)
    home.run("sync", "now")
    assert recorded[0] in server.events
    assert [path for path, _ in server.asked].count("/api/v1/token/refresh/") == 1


def delivers_over_the_websocket(server, home):
    home.run("sync", "daemon", "start")
    try:
        eventually(lambda: '"state":"Connected"' in home.run("sync", "status", "--json").stdout,
                   60, "the WebSocket")
        recorded = home.emit(20)
        eventually(lambda: server.by_socket == recorded, 60, "the delivery")
    finally:
        home.run("sync", "daemon", "stop")
    assert '"queued":0' in home.run("sync", "status", "--json").stdout


def main():
    with tempfile.TemporaryDirectory() as folder, MinimalServer() as server:
        home = Home(sys.argv[1], server.url, pathlib.Path(folder) / "home")
        delivers_batches(server, home)
        is_a_sync_server_without_a_clock(server, home)
        is_waited_for_by_its_own_clock(server, home)
        renews_the_session(server, home)
        delivers_over_the_websocket(server, home)
    print("a minimal server: login, batches, no clock, pauses, a refresh, the WebSocket")


if __name__ == "__main__":
    main()
