#!/usr/bin/env python3
"""Checks that installed binaries are hardened: installed_files.py BUILD_DIR [installed tree].

What each of them must have, as readelf shows it: position-independent code, a stack that cannot be
executed, relocations that are read-only after the start (all of them, but for `spec-kitty`), stack
protectors, fortified functions, and landing pads for indirect branches.
"""

import pathlib
import platform
import re
import subprocess
import sys
import tempfile

LAZY = {"spec-kitty"}  # cmake/hardening.cmake says why
LANDING_PAD = bytes.fromhex("f30f1efa")  # endbr64
# Small programs that call no function with a fortified variant.
NOTHING_TO_FORTIFY = {"spec_kitty_sqlite.so", "spec_kitty_link.so", "spec_kitty_http.so"}


def readelf(option: str, file: pathlib.Path) -> str:
    # Without --wide, names are cut.
    return subprocess.run(["readelf", "--wide", option, str(file)], check=True, text=True,
                          capture_output=True).stdout


def faults_of(file: pathlib.Path) -> list[str]:
    headers, dynamic = readelf("-hl", file), readelf("-d", file)
    symbols = readelf("--dyn-syms", file)
    flags = re.search(r"GNU_STACK(?:\s+0x\S+){5}\s+(\S+)", headers)
    checks = {
        "is not position-independent": re.search(r"Type:\s+DYN", headers),
        "has an executable stack": flags and "E" not in flags.group(1),
        "has no read-only relocations (-z relro)": "GNU_RELRO" in headers,
        "binds symbols late (-z now)": re.search(r"\bNOW\b", dynamic) or file.name in LAZY,
        "has no stack protector": "__stack_chk_fail" in symbols,
        "calls no fortified function": re.search(r"__\w+_chk\b", symbols.replace("__stack_chk", ""))
        or file.name in NOTHING_TO_FORTIFY,
        "has no landing pads (-fcf-protection)": platform.machine() != "x86_64"
        or file.read_bytes().count(LANDING_PAD) > 20,
    }
    return [f"{file.name} {fault}" for fault, holds in checks.items() if not holds]


def check(tree: pathlib.Path) -> int:
    binaries = [file for file in sorted(tree.rglob("*")) if file.is_file() and not file.is_symlink()
                and file.read_bytes()[:4] == b"\x7fELF"]
    if len(binaries) < 7:
        print(f"{tree} has only {len(binaries)} binaries")
        return 1
    faults = [fault for file in binaries for fault in faults_of(file)]
    for fault in faults:
        print(fault)
    print(f"{len(binaries)} binaries, {len(faults)} faults")
    return 1 if faults else 0


def main() -> int:
    if len(sys.argv) > 2:
        return check(pathlib.Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["cmake", "--install", sys.argv[1], "--prefix", place], check=True,
                       stdout=subprocess.DEVNULL)
        return check(pathlib.Path(place))


if __name__ == "__main__":
    sys.exit(main())
