"""The server is killed while eight homes drain: nothing acknowledged is missing, nothing is there
twice, the sequence has no gap, and no home needs help.

    kills_test.py FOLDER_OF_THE_PROGRAMS KILLS [SEED]
"""

import random
import sys
import tempfile
import threading
import time

from team_server import Home, TeamServer

HOMES = 8
EVENTS_OF_A_ROUND = 40


def drain(home, recorded, ended):
    """Records and sends, as a person does who knows nothing of the server's trouble."""
    while not ended.is_set():
        recorded.extend(home.emit(EVENTS_OF_A_ROUND))
        home.run("sync", "now", "--quiet", allowed=(0, 4))


def main():
    programs, kills = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2**32)
    print(f"seed {seed}", flush=True)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, TeamServer(programs) as server:
        homes = [Home(programs, server.url, f"{folder}/home{n}") for n in range(HOMES)]
        recorded = [[] for _ in homes]
        ended = threading.Event()
        threads = [threading.Thread(target=drain, args=(home, ids, ended))
                   for home, ids in zip(homes, recorded)]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            time.sleep(draw.uniform(0.02, 0.8))
            server.kill()
            time.sleep(draw.uniform(0, 0.2))
            server.start()
        ended.set()
        for thread in threads:
            thread.join()
        for home in homes:
            home.run("sync", "now")
        server.stop()
        kept = server.exported()
        wanted = sorted(event_id for ids in recorded for event_id in ids)
        assert [row["seq"] for row in kept] == list(range(1, len(kept) + 1)), "seq has a gap"
        assert sorted(row["event"]["event_id"] for row in kept) == wanted, "lost, or kept twice"
        findings = server.command("check")
        assert "whole" in findings, findings
        print(f"{kills} kills, {len(kept)} events of {HOMES} homes: each once, in order")


main()
