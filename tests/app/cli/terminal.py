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
    text = on_terminal(place_of, place, "spec-kitty agent tasks status | cat")
    check(ESCAPE not in text and "\u25b6" not in text, "a pipe", text)


def see_titles(place_of, place):
    text = plain(on_terminal(place_of, place, "spec-kitty agent tasks status"))
    titles, row = text.splitlines()[1:3]
    check(titles.split() == ["WP", "LANE", "BOXES", "TITLE"], "titles", text)
    check(titles.index("TITLE") == row.index("First"), "a column", text)
    text = plain(on_terminal(place_of, place, "spec-kitty config list"))
    lines = text.splitlines()
    check(lines[0].split() == ["KEY", "VALUE", "FROM", "MEANING"], "titles", text)
    check(all(line[lines[0].index("FROM"):].startswith(("default", "file"))
              for line in lines[1:4]), "a column", text)


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
        finally:
            place_of.end()
    print("a terminal shows colours, marks, columns and local times")


if __name__ == "__main__":
    main()
