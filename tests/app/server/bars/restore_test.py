"""An old copy of the server is restored under homes that send and listen: every listener reports it
once, its status keeps it until it is acknowledged, and nothing that was acknowledged after the
restore is lost.

    restore_test.py FOLDER_OF_THE_PROGRAMS HOMES ROUNDS
"""

import shutil
import sys
import tempfile
from pathlib import Path

from listeners import ListeningHome, Watch
from team_server import TeamServer, eventually


def reports(watch):
    return [line for line in watch.of_kind("log") if "lost_from" in line]


def main():
    programs, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder, TeamServer(programs) as server:
        homes = [ListeningHome(programs, server.url, f"{folder}/home{n}") for n in range(count)]
        watches = []
        try:
            for home in homes:
                home.await_connection()
            watches = [Watch(home) for home in homes]
            for watch in watches:
                eventually(lambda it=watch: it.of_kind("connection"), 60, "a watch")
            for number in range(rounds):
                copy = f"{folder}/copy{number}"
                for home in homes:
                    home.emit(3)
                    home.run("sync", "now", "--quiet")
                server.command("backup", copy)
                for home in homes:
                    home.emit(4)
                    home.run("sync", "now", "--quiet")
                newest = len(server.exported())
                for watch in watches:
                    eventually(lambda it=watch: it.received() and
                               it.received()[-1][1] >= newest - 4, 60, "the newest events")
                server.stop()
                shutil.move(server.state, f"{folder}/state{number}")
                server.command("restore", copy)
                for file in Path(f"{folder}/state{number}").glob("keys*"):
                    shutil.copy(file, server.state)
                server.start()
                for n, (home, watch) in enumerate(zip(homes, watches)):
                    eventually(lambda it=watch: len(reports(it)) > number, 120,
                               f"the report of home {n}")
                    home.await_connection()
                later = [home.emit(2) for home in homes]
                for home in homes:
                    home.run("sync", "now", "--quiet")
                kept = {row["event"]["event_id"] for row in server.exported()}
                assert all(event in kept for ids in later for event in ids), "lost after a restore"
                for n, (home, watch) in enumerate(zip(homes, watches)):
                    others = {event for m, ids in enumerate(later) if m != n for event in ids}
                    eventually(lambda it=watch, all_of=others: {event for _, _, event in
                               it.received()} >= all_of, 60, f"what follows, at home {n}")
                    assert len(reports(watch)) == number + 1, f"home {n} reports it again"
                    words = reports(watch)[number]["message"]
                    assert "spec-kitty events list --state delivered" in words, words
                    found = home.status()["taken_back"]
                    assert len(found) == 1 and found[0]["lost_from"] <= newest, found
                    if number % 2 == 1:
                        home.run("sync", "acknowledge-loss")
                        assert home.status()["taken_back"] == []
        finally:
            for home in homes:
                home.kill_daemon()
            for watch in watches:
                watch.kill()
        print(f"{rounds} restores, {count} listeners: each reported once")


main()
