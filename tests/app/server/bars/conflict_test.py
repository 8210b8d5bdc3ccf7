"""Two homes move a work package without knowing of each other: `agent tasks status` shows the
conflict, and the command that it names settles it.

    conflict_test.py FOLDER_OF_THE_PROGRAMS
"""

import json
import shlex
import subprocess
import sys
import tempfile

from listeners import ListeningHome
from team_server import TeamServer, eventually


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def spec_kitty(home, folder, *words):
    done = subprocess.run([home.program, *words], env=home.env | {
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.com"}, cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def conflicts(home, folder):
    return json.loads(spec_kitty(home, folder, "agent", "tasks", "status", "--json"))["conflicts"]


def main():
    programs = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, TeamServer(programs) as server:
        homes = [ListeningHome(programs, server.url, f"{folder}/home{n}") for n in range(2)]
        ours, theirs = homes
        here, there = f"{folder}/here", f"{folder}/there"
        try:
            for home in homes:
                home.await_connection()
            git(folder, "init", "-q", "-b", "main", here)
            git(here, "commit", "-q", "--allow-empty", "-m", "begin")
            spec_kitty(ours, here, "init", "--name", "tea")
            spec_kitty(ours, here, "feature", "create", "001-tea", "--wp", "Boil water")
            git(here, "add", "-A")
            git(here, "commit", "-q", "--allow-empty", "-m", "feature")
            git(folder, "clone", "-q", here, there)
            move = ("agent", "tasks", "move-task", "WP01", "--force", "--to")
            theirs.kill_daemon()  # it hears nothing of what follows
            spec_kitty(ours, here, *move, "doing")
            assert conflicts(ours, here) == []
            spec_kitty(theirs, there, *move, "for_review")
            theirs.start_daemon()
            eventually(lambda: conflicts(ours, here), 60, "the conflict here")
            found = conflicts(ours, here)[0]
            assert (found["wp_id"], found["by"], found["theirs"], found["ours"]) == (
                "WP01", "ann", "for_review", "doing"), found
            shown = spec_kitty(ours, here, "agent", "tasks", "status")
            assert "conflict: ann says for_review, this home says doing" in shown, shown
            eventually(lambda: conflicts(theirs, there), 60, "the conflict there")
            spec_kitty(ours, here, *shlex.split(found["command"])[1:])
            assert conflicts(ours, here) == []
            eventually(lambda: not conflicts(theirs, there), 60, "that it is settled there")
        finally:
            for home in homes:
                home.kill_daemon()
        print("the conflict is shown in both homes, and settled by its command")


main()
