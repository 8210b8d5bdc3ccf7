#!/usr/bin/env python3
"""All checks of the tree that need no compiler: `check.py [NAME…]`.

Each finding is printed as path:line: message.

arrows    which folder may include which; no cycle between folders or libraries
sizes     400 lines a file, 70 lines a function
words     words.txt
prose     documents at most 120 columns wide
paths     sources that documents and comments name exist
messages  every message that a person can see is well formed
rooted    files of a repository are opened through rooted files
"""

import pathlib
import sys
from typing import Callable

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import arrows
import messages
import paths
import prose
import rooted
import sizes
import words
from source import Finding, Tree, repository_root

CHECKS: dict[str, Callable[[Tree], tuple[list[Finding], list[str]]]] = {
    "arrows": arrows.check,
    "sizes": sizes.check,
    "words": words.check,
    "prose": prose.check,
    "paths": paths.check,
    "messages": messages.check,
    "rooted": rooted.check,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"error: there is no check {unknown[0]}\n  choose from: {', '.join(CHECKS)}",
              file=sys.stderr)
        return 2
    tree, failed = Tree(repository_root()), False
    summaries: list[str] = []
    for name in names or CHECKS:
        findings, summary = CHECKS[name](tree)
        failed = failed or bool(findings)
        summaries += summary
        for finding in findings:
            print(finding)
    # The include graph is named last, by the check that comes first.
    print("\n".join(sorted(summaries, key=lambda line: line.startswith("include graph"))))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
