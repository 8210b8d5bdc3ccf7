#!/usr/bin/env python3
"""Every hint is a command that works as it is printed, from the state in which it is printed.

    hints.py BUILD_FOLDER

Runs the suites of the command line again and again (tests/support/hints.hpp), until no test meets a
hint that was not tried. Exit status 1 when a command did not work, or when the suites met fewer than
nine of ten of the hints in the sources that tell a command.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lint"))

from messages import catalogue  # noqa: E402
from source import Tree, repository_root  # noqa: E402

MAX_PASSES = 8
WANTED = 0.9
COMMAND = re.compile(r"(?:^|: |, or |; or |run |with )"
                     r"(?:spec-kitty|git|chmod|mv|kill|rm|mkdir|systemctl|ulimit) ")
# A command that is right and still cannot succeed by itself: it asks a person, or a server.
MAY_FAIL = {
    r"spec-kitty( --home \S+)? auth login": (0, 1, 3, 4),
    r"spec-kitty( --home \S+)? sync (now|doctor|status)": (0, 1, 3, 4, 5),
    r"git .*\b(merge|rebase|commit|stash pop)\b": (0, 1),
}
# Words that stand for what a person knows.
PLACEHOLDER = re.compile(r"\b(URL|ID|DIR|FILE|SLUG|BRANCH|NAME|TEXT|PATH|BYTES|SECONDS)\b")


class Tried:
    def __init__(self, text: str):
        self.hint, _, rest = text.partition("\nafter:")
        self.typed = (re.search(r"^typed: (.*)$", rest, re.MULTILINE) or [None, ""])[1]
        status = re.search(r"^status: (-?\d+)$", rest, re.MULTILINE)
        self.status = int(status[1]) if status else -1
        self.text = text

    def works(self) -> bool:
        if PLACEHOLDER.search(self.typed):
            return True
        for command, allowed in MAY_FAIL.items():
            if re.match(command, self.typed):
                return self.status in allowed
        return self.status == 0


def run_suites(build: pathlib.Path, folder: str) -> None:
    environment = os.environ | {"SPEC_KITTY_TRY_HINTS": folder}
    subprocess.run(["ctest", "--test-dir", str(build), "-L", "cli", "-LE", "long", "-j",
                    str(4 * (os.cpu_count() or 1))],
                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def pattern(template: str) -> re.Pattern:
    """What a message of the catalogue matches: {} is any text, {a|b} is one of two."""
    parts = re.split(r"(\{[^{}]*\})", template.strip("…"))
    made = ""
    for part in parts:
        if part.startswith("{"):
            choices = part[1:-1].split("|")
            made += "(?:" + "|".join(re.escape(c) if c else ".*" for c in choices) + ")"
        else:
            made += re.escape(part)
    return re.compile(made, re.DOTALL)


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    tree = Tree(repository_root())
    places = [m for m in catalogue(tree)
              if COMMAND.search(m.text) and m.path.startswith(("app/", "actors/", "config/", "util/"))
              and not m.path.startswith(("app/chaos", "app/embed", "app/dev_server"))]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(MAX_PASSES):
            before = len(os.listdir(folder))
            run_suites(build, folder)
            if len(os.listdir(folder)) == before:
                break
        tried = [Tried(path.read_text(errors="replace")) for path in sorted(pathlib.Path(folder).iterdir())]
    bad = [each for each in tried if not each.works()]
    unseen = [m for m in places if not any(pattern(m.text).search(t.hint) for t in tried)]
    for each in bad:
        print(f"does not work: {each.text}\n")
    for place in unseen:
        print(f"not met: {place.path}:{place.line}: {place.text}")
    share = 1 - len(unseen) / len(places)
    print(f"hints: {len(tried)} tried, {len(bad)} do not work; "
          f"{len(places) - len(unseen)} of {len(places)} places in the sources met")
    return 1 if bad or share < WANTED else 0


if __name__ == "__main__":
    sys.exit(main())
