#!/usr/bin/env python3
"""What a person sees on a terminal: colours, marks, columns and local times, and what is left of them
where a terminal cannot show them.

  terminal.py FOLDER-OF-PROGRAMS
"""

import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios

sys.dont_write_bytecode = True
from examples import Place  # noqa: E402

ESCAPE = "\x1b["


def on_terminal(place_of, place, typed, columns=120, **variables):
    """What a command writes to a terminal of so many columns."""
    env = {"PATH": f"{place_of.programs}:{os.environ['PATH']}", "HOME": str(place / "user"),
           "SPEC_KITTY_HOME": str(place / "home"), "USER": "ann", "TERM": "xterm",
           "LANG": "C.UTF-8", "TZ": "Asia/Tokyo", **variables}
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen(["sh", "-c", typed], cwd=place / "repo", env=env, stdin=slave,
                             stdout=slave, stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    child.wait(timeout=60)
    os.close(master)
    return written.decode().replace("\r\n", "\n")


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def check(condition, what, text):
    assert condition, f"{what}\n{text}"


def see_events(place_of, place):
    text = on_terminal(place_of, place, "spec-kitty events list", columns=200)
    lines = plain(text).splitlines()
    check(lines[0].split() == ["RECORDED", "STATE", "TYPE", "ABOUT", "ID", "REMARKS"], "titles", text)
    check(ESCAPE in text, "no colour", text)
    for title in ("STATE", "TYPE", "ABOUT", "ID"):
        at = lines[0].index(title)
        check(all(line[at] != " " and line[at - 1] == " " for line in lines[1:3]), title, text)
    local = lines[1][:19]
    check(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", local), "a local time", text)
    utc = plain(on_terminal(place_of, place, "spec-kitty events list --utc", columns=200))
    check(re.match(r"\d{4}-\d\d-\d\dT[\d:.]{15}Z", utc.splitlines()[1]), "UTC", utc)
    check(int(local[11:13]) == (int(utc.splitlines()[1][11:13]) + 9) % 24, "Tokyo", text + utc)
    narrow = on_terminal(place_of, place, "spec-kitty events list", columns=40)
    check("WPStatusChanged  WP01" in plain(narrow), "no padding at 40 columns", narrow)


def see_lanes(place_of, place):
    text = on_terminal(place_of, place, "spec-kitty agent tasks status")
    check("\u25b6 doing" in plain(text) and ESCAPE + "36m" in text, "the lane", text)
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = on_terminal(place_of, place, "spec-kitty agent tasks status", **variables)
        check(ESCAPE not in text and "doing" in text, str(variables), text)
    text = on_terminal(place_of, place, "spec-kitty --no-color agent tasks status")
    check(ESCAPE not in text, "--no-color", text)
    text = on_terminal(place_of, place, "spec-kitty agent tasks status", LANG="C")
    check(text.isascii(), "only ASCII", text)
    text = on_terminal(place_of, place, "spec-kitty agent tasks move-task WP02 --to planned && "
                       "spec-kitty agent tasks move-task WP02 --to doing", LANG="C")
    check(text.isascii() and "doing -> planned" in text, "an arrow in ASCII", text)
    text = on_terminal(place_of, place, "spec-kitty agent tasks status | cat")
    check(ESCAPE not in text and "\u25b6" not in text, "a pipe", text)


# A command with a table, its titles, and a text that stands below one of them.
TABLES = (
    ("spec-kitty agent tasks status", "WP LANE BOXES TITLE", "TITLE", "First"),
    ("spec-kitty agent tasks list-tasks", "WP LANE TITLE", "TITLE", "First"),
    ("spec-kitty config list", "KEY VALUE FROM MEANING", "FROM", "default"),
    ("spec-kitty events stats", "TYPE EVENTS", "EVENTS", "4"),
    ("spec-kitty events types WPCreated", "FIELD NEEDED TAKES", "NEEDED", "required"),
)


def see_titles(place_of, place):
    for typed, titles, title, text in TABLES:
        shown = plain(on_terminal(place_of, place, typed, columns=200))
        lines = shown.splitlines()
        at = next((n for n, line in enumerate(lines) if line.split() == titles.split()), None)
        check(at is not None, f"{typed}: titles", shown)
        column = lines[at].index(title)
        check(any(line[column:].startswith(text) for line in lines[at + 1:]), f"{typed}: {title}",
              shown)
        piped = on_terminal(place_of, place, f"{typed} | cat", columns=200)
        check(titles.split() not in [line.split() for line in piped.splitlines()],
              f"{typed}: titles in a pipe", piped)


def see_local_times(place_of, place):
    place_of.shell(place, "spec-kitty -q sync daemon start")
    try:
        for typed in ("spec-kitty sync daemon status",
                      "timeout -s INT 3 spec-kitty sync watch"):
            text = plain(on_terminal(place_of, place, typed))
            check(re.search(r"\d\d:\d\d:\d\d", text) and not re.search(r"\dZ", text), typed, text)
            text = plain(on_terminal(place_of, place, typed + " --utc"))
            check(re.search(r"T\d\d:\d\d:[\d.]+Z", text), typed + " in UTC", text)
    finally:
        place_of.shell(place, "spec-kitty -q sync daemon stop")


HOLD = """import fcntl, os, time
lock = open(os.environ["SPEC_KITTY_HOME"] + "/queue/lock", "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
open("held", "w").close()
time.sleep(3)
"""


def see_that_it_works(place_of, place):
    """What takes longer than a second says what it does, and for how long; a pipe gets nothing."""
    (place / "repo" / "hold.py").write_text(HOLD)
    slow = "rm -f held; python3 hold.py & while [ ! -e held ]; do sleep 0.1; done; " \
           "SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS=20000 spec-kitty sync repair"
    text = plain(on_terminal(place_of, place, slow))
    check(re.search(r"repairing the store, [1-9] s", text), "it works", text)
    check(text.splitlines()[-1].endswith(ESCAPE + "KThe store is not damaged."), "the end", text)
    text = on_terminal(place_of, place, slow + " 2>errors; cat errors")
    check("repairing" not in text, "a file", text)


# The first step of git takes its time.
SLOW_GIT = """#!/bin/sh
[ -e "$HOME/slept" ] || { touch "$HOME/slept"; sleep 1.5; }
exec /usr/bin/git "$@"
"""
# A server that takes connections and never answers.
DEAF_SERVER = """import socket, time
deaf = socket.create_server(("127.0.0.1", 0))
with open("port", "w") as port:
    port.write(str(deaf.getsockname()[1]))
time.sleep(60)
"""


def see_every_command(place_of, place):
    """Every command that takes its time says so, not only those that know how far they are."""
    (place / "slow").mkdir()
    (place / "slow" / "git").write_text(SLOW_GIT)
    (place / "slow" / "git").chmod(0o755)
    path = f'rm -f "$HOME/slept"; PATH="{place}/slow:$PATH"; '
    for typed in ("merge --check", "accept --check", "implement WP02",
                  "agent tasks move-task WP01 --to for_review --check"):
        text = plain(on_terminal(place_of, place, f"{path}spec-kitty {typed}"))
        name = typed.split(" WP")[0].split(" --")[0]
        check(re.search(rf"{name} is running, [1-9] s", text), typed, text)
        check("is running" not in text.splitlines()[-1].split(ESCAPE + "K")[-1], "removed", text)
    for end, ways in (("", {"TERM": "dumb"}), (" 2>errors; cat errors", {})):
        text = on_terminal(place_of, place, f"{path}spec-kitty merge --check{end}", **ways)
        check("is running" not in text, f"merge {ways}", text)
    (place / "repo" / "deaf.py").write_text(DEAF_SERVER)
    deaf = "python3 deaf.py & deaf=$!; while [ ! -s port ]; do sleep 0.1; done; " \
           "SPEC_KITTY_SYNC_TIMEOUT_S=3 " \
           "SPEC_KITTY_SYNC_SERVER_URL=http://127.0.0.1:$(cat port) "
    for typed in ("sync doctor", "sync status --check"):
        text = plain(on_terminal(place_of, place, f"{deaf}spec-kitty {typed}; kill $deaf; rm port"))
        check(re.search(r"is running, [1-9] s", text), typed, text)


def see_a_wait_for_the_server(place_of, place):
    """The server is stopped: connections come about, and no answer."""
    place_of.shell(place, "spec-kitty -q emit HistoryAdded --wp WP01 --field entry_type=note "
                   "--field entry_content=x")
    os.kill(place_of.server.pid, signal.SIGSTOP)
    try:
        for typed, shown in (("spec-kitty sync now", "sending the events"),
                             ("spec-kitty auth login --username ann --password-stdin "
                              "<password.txt", "logging in")):
            text = plain(on_terminal(place_of, place, f"SPEC_KITTY_SYNC_TIMEOUT_S=3 {typed}"))
            check(re.search(rf"{shown}, [1-9] s", text), typed, text)
    finally:
        os.kill(place_of.server.pid, signal.SIGCONT)


def see_errors(place_of, place):
    text = on_terminal(place_of, place, "spec-kitty implement WP07")
    check(text.startswith(ESCAPE + "31merror:" + ESCAPE + "0m no work package"), "an error", text)
    text = on_terminal(place_of, place, "spec-kitty implement WP07 2>errors; cat errors")
    check(ESCAPE not in text, "a file", text)


def main():
    with tempfile.TemporaryDirectory(prefix="spec-kitty-terminal-") as folder:
        place_of = Place(sys.argv[1], pathlib.Path(folder))
        try:
            place = place_of.fresh("terminal")
            place_of.shell(place, "spec-kitty -q implement WP01; spec-kitty -q implement WP02")
            see_events(place_of, place)
            see_lanes(place_of, place)
            see_titles(place_of, place)
            see_errors(place_of, place)
            see_local_times(place_of, place)
            see_that_it_works(place_of, place)
            see_every_command(place_of, place)
            see_a_wait_for_the_server(place_of, place)
        finally:
            place_of.end()
    print("a terminal shows colours, marks, columns and local times")


if __name__ == "__main__":
    main()
