"""Paths of sources that documents and comments name exist: `actors/queue/store.cpp`, or its end."""

import re

from source import CPP, Finding, Tree, line_of, pieces

# A path with a folder in it; a name alone (`run.cpp`) is looked at where a document quotes it.
NAMED = re.compile(r"(?<![\w/.<-])((?:[\w-]+/)+[\w-]+\.(?:cpp|hpp|h|c|py|md|json|txt|cmake|sh))(?![\w/])")
QUOTED = re.compile(r"`([\w/-]+\.(?:cpp|hpp|py))`")
# Files of a home, of a feature or of a build, not of this tree.
ELSEWHERE = re.compile(r"^(kitty-specs|tasks|agents|build|generated|spec_kitty|queue|overflow|x|a|b|usr|etc)/")


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    ends = set()
    for path in tree.files:
        parts = path.split("/")
        ends |= {"/".join(parts[at:]) for at in range(len(parts))}
    named = 0

    def look(path: str, text: str, start: int, pattern: re.Pattern[str]) -> None:
        nonlocal named
        for match in pattern.finditer(text):
            name = match.group(1)
            if ELSEWHERE.match(name):
                continue
            named += 1
            if name not in ends:
                line = line_of(tree.text(path), start + match.start())
                findings.append(Finding(path, line, f"no file {name}: name the one that is meant"))

    for path in tree.having(".md"):
        if path == "CHANGELOG.md":
            continue
        for pattern in (NAMED, QUOTED):
            look(path, tree.text(path), 0, pattern)
    for path in tree.having(*CPP):
        text = tree.text(path)
        for piece in pieces(text):
            if piece.kind == "comment":
                look(path, text[piece.start:piece.end], piece.start, NAMED)
    return sorted(set(findings)), [f"paths: {named} named"]
