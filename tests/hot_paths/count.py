#!/usr/bin/env python3
"""Counts instructions and heap calls of hot paths under callgrind: count.py BUILD_DIR [PATH...]

A time tells little on a machine that does other work; these are the same in every run. A path may
take at most 5 % more than limits.txt says; one that became cheaper gets a lower number there.
`--print` only shows what was counted. Of a stream, a drain and a host the cost of one event is the
difference between a short and a long run, so that the start of the program does not count.
"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SLACK = 1.05
HEAP = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}
EVENT = ["HistoryAdded", "--payload",
         '{"wp_id":"WP01","entry_type":"note","entry_content":"hello there","author":"me"}']
NOTES = {"plain": "work continued", "careful": "caf\\u00e9"}


class Place:
    """A scratch folder with a home, and the programs of a build."""

    def __init__(self, build, folder):
        self.program = str(build / "bin" / "spec-kitty")
        self.host = str(build / "tests" / "hot_path_host")
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.env = {"HOME": folder, "USER": "u", "PATH": "/usr/bin:/bin",
                    "SPEC_KITTY_HOME": str(self.home),
                    "SPEC_KITTY_SYNC_MAX_QUEUE_SIZE": "100000"}

    def run(self, command, before=(), stdin=None):
        done = subprocess.run([*before, *command], stdin=stdin or subprocess.DEVNULL, text=True,
                              capture_output=True, env=self.env, cwd=self.folder, timeout=300,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def count(self, command, stdin=None):
        """What a run of the command takes, and what it prints."""
        profile = self.folder / "profile"
        shown = self.run(command, ["valgrind", "--tool=callgrind",
                                   f"--callgrind-out-file={profile}"], stdin)
        text = profile.read_text(errors="replace")
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1)
        return {"instructions": int(total), "heap calls": heap_calls(text)}, shown

    def lines(self, kind, events):
        file = self.folder / f"{kind}-{events}"
        file.write_text("".join(
            '{"event_type": "HistoryAdded", "payload": {"wp_id": "WP%02d", "entry_type": "note", '
            '"entry_content": "number %d: %s", "feature_slug": "001-tea"}}\n'
            % (i % 20, i, NOTES[kind]) for i in range(events)))
        return file.open("rb")


def heap_calls(profile):
    """The calls of the heap's functions in callgrind's file."""
    names, wanted, calls = {}, False, 0
    for line in profile.splitlines():
        called = re.match(r"cfn=\((\d+)\)(?: (.*))?", line)
        named = called or re.match(r"fn=\((\d+)\)(?: (.*))?", line)
        if named and named.group(2):
            names[named.group(1)] = named.group(2)
        if called:
            wanted = names.get(called.group(1), "").split("'")[0] in HEAP
        elif wanted and line.startswith("calls="):
            calls += int(line[6:].split()[0])
            wanted = False
    return calls


def one_emit(place, _):
    """The whole process, for the second event of a home."""
    place.run([place.program, "emit", *EVENT])
    return place.count([place.program, "emit", *EVENT])[0]


def stream(kind):
    """`emit --stdin`: plain lines, as tools write them, or lines that each have an escape."""
    def path(place, events):
        counted, answers = place.count([place.program, "emit", "--stdin"], place.lines(kind, events))
        if answers.count('"event_id"') != events:
            sys.exit(f"emit --stdin recorded less than {events} events")
        return counted
    return path


@contextlib.contextmanager
def dev_server(place):
    server = subprocess.Popen([place.program, "dev-server", "--json", "--state",
                               str(place.folder / "server")], env=place.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.stdout.close()
        server.terminate()
        server.wait(60)


def drained(place, events):
    """`sync now` to a server on loopback; the client's part alone."""
    with dev_server(place) as server:
        place.env["SPEC_KITTY_PASSWORD"] = server["password"]
        place.run([place.program, "sync", "server", server["url"]])
        place.run([place.program, "auth", "login", "--username", server["username"]])
        place.run([place.program, "emit", "--stdin", "--quiet"], stdin=place.lines("plain", events))
        counted, report = place.count([place.program, "sync", "now", "--json"])
        if json.loads(report.splitlines()[-1])["synced"] != events:
            sys.exit(f"sync now did not send {events} events: {report}")
        return counted


def hosted(place, events):
    """A program with spec-kitty inside: one thread with 256 unanswered events."""
    return place.count([place.host, str(place.home), str(events)])[0]


# Each path with a short and a long run; one that is a whole process has none.
PATHS = {
    "one_emit": (one_emit, None),
    "stream_plain": (stream("plain"), (10_000, 20_000)),
    "stream_careful": (stream("careful"), (1000, 3000)),
    "drained": (drained, (4000, 12_000)),
    "hosted": (hosted, (4000, 12_000)),
}


def counted(build, name):
    path, runs = PATHS[name]
    found = []
    for events in runs or (1,):
        with tempfile.TemporaryDirectory(prefix="spec-kitty-count-") as folder:
            found.append(path(Place(build, folder), events))
    if runs is None:
        return found[0]
    return {what: (found[1][what] - found[0][what]) / (runs[1] - runs[0]) for what in found[0]}


def limits_of(name):
    text = pathlib.Path(__file__).with_name("limits.txt").read_text()
    instructions, calls = re.search(rf"^{name} +(\S+) +(\S+)", text, re.M).groups()
    return {"instructions": float(instructions), "heap calls": float(calls)}


def main():
    words = [word for word in sys.argv[1:] if word != "--print"]
    build, failed = pathlib.Path(words[0]).resolve(), False
    for name in words[1:] or PATHS:
        for what, found in counted(build, name).items():
            limit = limits_of(name)[what]
            dear = found > limit * SLACK
            failed = failed or dear
            print(f"{name}: {found:,.2f} {what}; at most {limit:,.2f} × {SLACK}"
                  + (": too many" if dear else ""))
    return 1 if failed and "--print" not in sys.argv else 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
