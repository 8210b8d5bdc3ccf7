"""Words that this project does not use: words.txt holds them, its head says how it is read."""

import fnmatch
import pathlib
import re
import sys
from typing import NamedTuple

sys.dont_write_bytecode = True

from source import CPP, Finding, Tree, code_only, line_of, prose_only, python_views, repository_root

WORDS = pathlib.Path(__file__).with_name("words.txt")
# What quotes the words, and the files that no person writes or reads as text.
NOT_READ = ("tests/lint/words.txt", "tests/lint/check_test.py", "*.json", "*.supp", "LICENSE")
VIEWS = ("names", "prose", "all")
# A space also spans a line break with what a comment or a continued literal puts around it.
SPACE = r'(?:[ \t]+|[ \t]*(?:"[ \t]*)?\n[ \t]*(?:(?:///?<?|\*|#|>)[ \t]*|")?)'


class Word(NamedTuple):
    line: int
    row: str
    expression: re.Pattern[str]
    view: str
    globs: list[str]
    may_stand: list[str]
    better: str
    example: str


def compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex.replace(" ", SPACE))


def read_words(path: pathlib.Path = WORDS) -> list[Word]:
    words = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 6:
            raise ValueError(f"{path}:{number}: {len(columns)} columns instead of 6")
        row, regex, where, may_stand, better, example = columns
        view, _, globs = where.partition(":")
        if view not in VIEWS or not globs:
            raise ValueError(f"{path}:{number}: {where!r} is not VIEW:GLOBS")
        expanded = [glob for name in globs.split(",")
                    for glob in (["*" + suffix for suffix in CPP] if name == "code" else [name])]
        words.append(Word(number, row, compiled(regex), view, expanded,
                          [] if may_stand == "-" else may_stand.split(","), better, example))
    return words


def matches(path: str, globs: list[str] | tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)


def views_of(path: str, text: str) -> dict[str, str]:
    if path.endswith(CPP):
        return {"names": code_only(text), "prose": prose_only(text), "all": text}
    if path.endswith(".py"):
        names, prose = python_views(text)
        return {"names": names, "prose": prose, "all": text}
    return {"names": text, "prose": text, "all": text}


def check_file(path: str, text: str, words: list[Word], findings: list[Finding]) -> None:
    views: dict[str, str] = {}
    # `_test` and an ending do not belong to the name.
    name = re.sub(r"(?:_test|_bench|_fixture)?\.\w+$", " ", path)
    for word in words:
        if not matches(path, word.globs) or matches(path, word.may_stand):
            continue
        views = views or views_of(path, text)
        if word.view != "prose" and (match := word.expression.search(name)):
            findings.append(Finding(path, 1, f"the file's name says {match.group()!r}: better "
                                    f"{word.better} (words.txt, {word.row})"))
        for match in word.expression.finditer(views[word.view]):
            found = " ".join(match.group().split())
            findings.append(Finding(path, line_of(text, match.start()),
                                    f"{found!r}: better {word.better} (words.txt, {word.row})"))


def self_test(words: list[Word]) -> list[Finding]:
    """Each expression finds its example: it can fail."""
    return [Finding("tests/lint/words.txt", word.line, f"{word.row} does not find its example "
                    f"{word.example!r}")
            for word in words if not word.expression.search(word.example)]


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    words = read_words()
    findings = self_test(words)
    files = [path for path in tree.files if not matches(path, NOT_READ)]
    for path in files:
        check_file(path, tree.text(path), words, findings)
    findings.sort()
    return findings, [f"words: {len(words)} expressions, {len(files)} files"]


if __name__ == "__main__":
    found = self_test(read_words()) if "--self-test" in sys.argv[1:] else \
        check(Tree(repository_root()))[0]
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)
