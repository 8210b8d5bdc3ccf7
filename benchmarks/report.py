#!/usr/bin/env python3
"""Runs every benchmark of a build tree and prints one table: report.py BUILD_DIR [--quick]

Each row stands beside its floor, measured in the same run and in turn with it. Ratios travel from
machine to machine, times do not. `--quick` takes a tenth of the events and no large stores. Nothing
here passes or fails.
"""
import json
import subprocess
import sys
from pathlib import Path

from installation import Installation
from process_cases import growth, stream_and_drain
from realtime import realtime
from running_cases import running

SIZES = (1_000_000, 5_000_000)
SCALE = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def core_rows(place):
    """The parts of the hot paths by calls, each beside what the libraries take."""
    cases = {}
    for entry in run(place / "bench_core", "--benchmark_format=json")["benchmarks"]:
        case, _, kind = entry["name"].partition("/")
        side = "ours" if kind.startswith("ours") else "floor"
        found = cases.setdefault(case, {})
        found[side] = entry["real_time"] * SCALE[entry["time_unit"]]
        if side == "floor":
            found["what"] = kind[kind.find("(") + 1:kind.find(")")]
    return [(case, found["ours"], found["floor"], found["ours"] / found["floor"], "µs",
             found["what"]) for case, found in cases.items() if {"ours", "floor"} <= found.keys()]


def emit_row(place, pairs):
    found = run(place / "whole_process", pairs, "--json")
    return ("emit, whole process", found["ours_ms"], found["floor_ms"], found["ratio"], "ms",
            f"caf_core linked, one LMDB row; {found['pairs']} pairs")


def print_table(rows):
    print(f"{'':40}{'ours':>14}{'floor':>14}{'ratio':>8}  floor is")
    for name, ours, floor, ratio, unit, what in rows:
        known = "" if floor is None else f"{floor:.2f} {unit}"
        times = "" if ratio is None else f"{ratio:.2f}"
        print(f"{name:40}{f'{ours:.2f} {unit}':>14}{known:>14}{times:>8}  {what}".rstrip())


def main():
    words = [word for word in sys.argv[1:] if word != "--quick"]
    quick = "--quick" in sys.argv
    if len(words) != 1:
        sys.exit(__doc__)
    build = Path(words[0])
    rows = core_rows(build / "benchmarks")
    rows.append(emit_row(build / "benchmarks", "40" if quick else "200"))
    with Installation(build) as at:
        rows += stream_and_drain(at, 1000 if quick else 10_000, 3)
        rows += running(at, 1000 if quick else 10_000, 3)
        rows += growth(at, () if quick else SIZES, 9)
        rows += realtime(at, 20 if quick else 200, idle_s=0 if quick else 60)
    print_table(rows)


main()
