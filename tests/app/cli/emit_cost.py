#!/usr/bin/env python3
"""What an event of `emit --stdin` costs: instructions and heap calls, counted by callgrind.

Both are the same in every run, whatever else the machine does, so a change that makes recording
dearer is found here. The cost is the difference between a short and a long stream, so that the start
of the program does not count.     emit_cost.py SPEC_KITTY"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SLACK = 1.05
# A short and a long stream; in the short one the memory that later events use again has grown.
LINES = {"plain": (10000, 20000), "careful": (1000, 3000)}
# Measured; lower them when an event has become cheaper.
LIMITS = {
    "plain": {"instructions": 17500, "heap calls": 1.03},
    "careful": {"instructions": 59600, "heap calls": 51.2},
}
HEAP = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}


def lines(kind, count):
    """Of a plain stream, as tools write it, or of one in which every line has an escape."""
    content = {"plain": "work continued", "careful": "caf\\u00e9"}[kind]
    for i in range(count):
        yield ('{"event_type": "HistoryAdded", "payload": {"wp_id": "WP%02d", "entry_type": "note", '
               '"entry_content": "number %d: %s", "feature_slug": "001-tea"}}\n' % (i % 20, i, content))


def heap_calls(profile):
    """The calls of the heap's functions in callgrind's file."""
    names, wanted, calls = {}, False, 0
    for line in profile.read_text(errors="replace").splitlines():
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


def count(program, kind, events):
    with tempfile.TemporaryDirectory(prefix="spec-kitty-cost-") as folder:
        place = pathlib.Path(folder)
        source, profile = place / "lines", place / "profile"
        source.write_text("".join(lines(kind, events)))
        env = {k: v for k, v in os.environ.items() if not k.startswith("SPEC_KITTY_")}
        env |= {"HOME": folder, "SPEC_KITTY_HOME": str(place / "home"),
                "SPEC_KITTY_SYNC_MAX_QUEUE_SIZE": "100000"}
        with open(source, "rb") as stdin:
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program, "emit", "--stdin"],
                stdin=stdin, capture_output=True, text=True, env=env, cwd=place, timeout=300, check=False)
        answers = done.stdout.splitlines()
        if done.returncode != 0 or len(answers) != events or "event_id" not in json.loads(answers[-1]):
            sys.exit(f"emit --stdin ended with {done.returncode}, {len(answers)} answers\n{done.stderr[-2000:]}")
        total = int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(errors="replace"), re.M).group(1))
        return {"instructions": total, "heap calls": heap_calls(profile)}


def main(program):
    failed = False
    for kind, limits in LIMITS.items():
        few, many = LINES[kind]
        short, long = count(program, kind, few), count(program, kind, many)
        for what, limit in limits.items():
            cost = (long[what] - short[what]) / (many - few)
            dear = cost > limit * SLACK
            failed = failed or dear
            print(f"{kind}: {cost:.2f} {what} for an event; at most {limit} × {SLACK}"
                  + (": too many" if dear else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
