#!/usr/bin/env python3
"""Runs the benchmarks of a build tree and prints each beside its floor: report.py BUILD_DIR [PAIRS]

Ratios travel from machine to machine, times do not. Nothing here passes or fails.
"""
import json
import subprocess
import sys
from pathlib import Path


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def time_text(nanoseconds):
    for unit, size in (("ms", 1e6), ("µs", 1e3), ("ns", 1)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.2f} {unit}"
    return f"{nanoseconds:.2f} ns"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    place = Path(sys.argv[1]) / "benchmarks"
    pairs = sys.argv[2] if len(sys.argv) > 2 else "200"
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    cases = {}
    for entry in run(place / "bench_core", "--benchmark_format=json")["benchmarks"]:
        case, _, kind = entry["name"].partition("/")
        side = "ours" if kind.startswith("ours") else "floor"
        found = cases.setdefault(case, {})
        found[side] = entry["real_time"] * scale[entry["time_unit"]]
        if side == "floor":
            found["what"] = kind[kind.find("(") + 1:kind.find(")")]
    whole = run(place / "whole_process", pairs, "--json")
    print(f"{'':34}{'ours':>12}{'floor':>12}{'ratio':>8}  floor is")
    for case, found in cases.items():
        if {"ours", "floor"} <= found.keys():
            print(f"{case:34}{time_text(found['ours']):>12}{time_text(found['floor']):>12}"
                  f"{found['ours'] / found['floor']:>8.2f}  {found['what']}")
    print(f"{'emit, whole process':34}{whole['ours_ms']:>9.2f} ms{whole['floor_ms']:>9.2f} ms"
          f"{whole['ratio']:>8.2f}  caf_core linked, one LMDB row; p50, {whole['pairs']} pairs")


main()
