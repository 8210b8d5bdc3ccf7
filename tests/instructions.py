#!/usr/bin/env python3
"""Counts the instructions of hot paths under callgrind: instructions.py BIN_DIR [CASE...].

A time tells little on a machine that does other work; instructions are exact. Each case may take at
most 5 % more than tests/instructions.txt says. A path that became cheaper gets a lower number there;
--print shows what was counted.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

SLACK = 1.05
EVENT = ["HistoryAdded", "--payload",
         '{"wp_id":"WP01","entry_type":"note","entry_content":"hello there","author":"me"}']


class Home:
    """A home with one event in it, in a folder of its own."""

    def __init__(self, bin_dir: pathlib.Path, place: str):
        self.program = str(bin_dir / "spec-kitty")
        self.place = place
        self.env = {"HOME": place, "USER": "u", "PATH": "/usr/bin:/bin",
                    "SPEC_KITTY_HOME": f"{place}/home"}
        self.run(["emit", *EVENT])

    def run(self, arguments: list[str], before: list[str] | None = None, **more) -> str:
        """Standard error of a run that must succeed."""
        done = subprocess.run([*(before or []), self.program, *arguments], cwd=self.place,
                              env=self.env, check=True, text=True, capture_output=True, **more)
        return done.stderr

    def count(self, arguments: list[str], **more) -> int:
        reported = self.run(arguments, ["valgrind", "--tool=callgrind",
                                    "--callgrind-out-file=/dev/null"], **more)
        return int(re.search(r"Collected : (\d+)", reported).group(1))


def one_emit(home: Home) -> int:
    """The whole process, for the second event of a home."""
    return home.count(["emit", *EVENT])


CASES = {"one_emit": one_emit}


def main() -> int:
    words = [word for word in sys.argv[1:] if word != "--print"]
    bin_dir, wanted = pathlib.Path(words[0]).resolve(), words[1:] or list(CASES)
    table = pathlib.Path(__file__).with_suffix(".txt").read_text()
    limits = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)", table, re.M)}
    over = []
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="count", dir="/tmp") as place:
            counted = CASES[name](Home(bin_dir, place))
        print(f"{name} {counted} of {limits[name]}")
        if counted > SLACK * limits[name]:
            over.append(f"{name} takes {counted / limits[name] - 1:.1%} more than it may")
    print("\n".join(over))
    return 0 if not over or "--print" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
