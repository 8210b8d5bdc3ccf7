"""clang-tidy over the units that a build tree compiles, each looked at again only when it changed.

    tidy.py BUILD_FOLDER [--jobs N] [--all]

The units are those of compile_commands.json that belong to the programs that people use, and the
checks those of .clang-tidy but for the slowest; with --all every check, and app/chaos as well. No
unit belongs to a test. A folder that is compiled as one unit is looked at as one: most of
clang-tidy's time goes into the headers of CAF and RapidJSON. A unit without findings leaves a stamp
in BUILD_FOLDER/tidy, named after a hash of all that it is made of. Exit status 1 when there are
findings.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys

TIDY = "clang-tidy-14"
# A unit of several files includes them by name; that is not the accident the check looks for.
NEVER = ("bugprone-suspicious-include",)
# These thirteen of ninety take more than half of the time of all (measured with
# -enable-check-profile), most of it in the headers of others.
SLOW = (
    "bugprone-assert-side-effect",
    "bugprone-implicit-widening-of-multiplication-result",
    "bugprone-infinite-loop",
    "bugprone-multiple-statement-macro",
    "bugprone-reserved-identifier",
    "bugprone-sizeof-expression",
    "bugprone-stringview-nullptr",
    "bugprone-suspicious-semicolon",
    "bugprone-suspicious-string-compare",
    "bugprone-undelegated-constructor",
    "bugprone-unused-return-value",
    "misc-unused-using-decls",
    "performance-unnecessary-value-param",
)
FOLDERS = ("util", "messages", "config", "actors", "app")


def units(build: pathlib.Path, root: pathlib.Path, harness: bool) -> list[tuple[pathlib.Path, str]]:
    """(source, output) of each unit, those that take longest first."""
    found = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        inside = build if source.is_relative_to(build) else root
        parts = source.relative_to(inside).parts if source.is_relative_to(inside) else ("",)
        if parts[:2] == ("app", "chaos") and not harness:
            continue
        if source.suffix in (".cpp", ".cxx") and parts[0] in FOLDERS:
            found.append((source, entry["command"].split(" -o ")[1].split()[0]))
    return sorted(found, key=lambda unit: -unit_size(unit[0]))


def unit_size(source: pathlib.Path) -> int:
    text = source.read_text()
    return len(text) + sum(
        pathlib.Path(line.split('"')[1]).stat().st_size
        for line in text.splitlines()
        if line.startswith("#include \"/")
    )


def made_of(build: pathlib.Path, root: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """Output -> the project's files that it was compiled from, as ninja remembers them."""
    deps: dict[str, list[pathlib.Path]] = {}
    files: list[pathlib.Path] = []
    listing = subprocess.run(
        ["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        if line and not line.startswith(" ") and ": #deps" in line:
            files = deps.setdefault(line.split(":")[0], [])
        elif line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(root):
                files.append(path)
    return deps


def stamp_of(source: pathlib.Path, files: list[pathlib.Path], root: pathlib.Path, checks: str) -> str:
    digest = hashlib.sha256((root / ".clang-tidy").read_bytes() + checks.encode())
    for path in sorted({source.resolve(), *files}):
        if path.exists():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def look_at(build: pathlib.Path, source: pathlib.Path, checks: str) -> str:
    """What clang-tidy finds in a unit; empty where it finds nothing."""
    run = subprocess.run(
        [TIDY, "-p", str(build), "--quiet", f"--checks={checks}",
         "--extra-arg=-Wno-unknown-warning-option", str(source)],
        capture_output=True, text=True,
    )
    return run.stdout + (run.stderr if run.returncode != 0 else "") if run.returncode != 0 else ""


def main() -> int:
    options = argparse.ArgumentParser(description="clang-tidy over the units of a build tree")
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--all", action="store_true", help="every check, and app/chaos too")
    given = options.parse_args()
    checks = ",".join("-" + name for name in (NEVER if given.all else NEVER + SLOW))
    root = pathlib.Path(__file__).resolve().parents[2]
    build = given.build.resolve()
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    deps = made_of(build, root)
    todo = []
    all_units = units(build, root, given.all)
    for source, output in all_units:
        stamp = stamps / stamp_of(source, deps.get(output, []), root, checks)
        if not stamp.exists():
            todo.append((source, stamp))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for (source, stamp), findings in zip(
            todo, pool.map(lambda unit: look_at(build, unit[0], checks), todo)
        ):
            if findings:
                bad += 1
                print(findings)
            else:
                stamp.touch()
    print(f"clang-tidy: {len(all_units)} units, {len(todo)} looked at, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
