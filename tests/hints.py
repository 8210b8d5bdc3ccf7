#!/usr/bin/env python3
"""Every hint is a command that works as it is printed, from the state in which it is printed.

    hints.py BUILD_FOLDER [--places]

Runs the suites of the command line, then again the tests that tried a hint, until no test meets one
that was not tried (tests/support/hints.hpp). A place is an expression in the sources that makes a
hint with a command in it; --places only lists them. Exit status 1 when a command did not work, or
when the suites met fewer than nine of ten places.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lint"))

from messages import _SEPARATORS, Message, Reader, catalogue, shown  # noqa: E402
from source import Tree, repository_root  # noqa: E402

MAX_PASSES = 40
WANTED = 0.9
FOLDERS = ("app/", "actors/", "config/", "util/")
# The harness, and parts whose hints are for a host or of a program of its own.
ELSEWHERE = ("app/chaos", "app/embed", "app/agent_runner",
             "app/orchestrate/agents_example.cpp")
WORDS = ("emit|events|clock|auth|sync|config|init|implement|agent|merge|accept|orchestrate|"
         "feature|report|dev-server|--home|--help")
COMMAND = re.compile(
    rf"(?:^…?|: |, or |; or |run |with |\| |&& |then |now )(?:spec-kitty(?:\{{\}}| )(?:{WORDS})\b|"
    r"git (?:-C|config|init|commit|worktree|mv|log|switch)\b|"
    r"(?:chmod|mv|kill|rm|mkdir|fuser|echo) (?:\{\}|[-'a-z]))")
# Functions that make a command for others: what they are called with is the place.
MAKERS = {"command": "spec-kitty {}{{}}", "git_command": "git -C {{}} {}",
          "orchestrate_command": "spec-kitty orchestrate {}{{}}",
          "create_command": "spec-kitty feature create {{}}",
          "move_words": "spec-kitty agent tasks move-task {{}}", "run": "spec-kitty{{}}{}",
          "settle_with": "spec-kitty agent tasks settle{}"}
MAKER_FILES = {"run": "app/cli/health.cpp"}
NOT_PLACES = {("app/cli/commands/merge.cpp", "spec-kitty merge{}"),
              ("config/settings.cpp", "see: spec-kitty config list"),  # of a host's own setting
              ("app/cli/commands/feature_create.cpp", "spec-kitty feature create {}"),
              ("app/cli/commands/move_task.cpp", "spec-kitty agent tasks move-task {}"),
              ("app/cli/commands/implement.cpp", "spec-kitty implement {}"),
              ("app/cli/commands/task_lists.cpp", "spec-kitty agent tasks list-tasks"),
              ("app/workflow/blockers.cpp", "git -C {} {}"), ("app/cli/examine.cpp", "spec-kitty --home {}"),
              ("app/orchestrate/plan.cpp", "spec-kitty orchestrate {}{}"),
              ("app/orchestrate/plan.cpp", "spec-kitty orchestrate {|{} }{}")}
# A command that is right and still cannot succeed by itself: it asks a person, or a server.
MAY_FAIL = {
    r"spec-kitty( --home \S+)? auth login": (0, 1, 3, 4),
    r"spec-kitty( --home \S+)? sync (now|doctor|status)": (0, 1, 3, 4, 5),
    r"git .*\b(merge|rebase|commit|stash pop)\b": (0, 1),
    r"spec-kitty sync opt-in": (0, 1),  # typed in the project's folder
    r"fuser ": (0, 1),  # a process that has ended meanwhile holds nothing
    r"git worktree repair": (0, 128),  # typed in the repository that was moved, which is not known
    r"spec-kitty( --home \S+)? sync daemon restart": (0, 1),  # ends no foreign process
    r"spec-kitty orchestrate": (0, 1, -1),  # agents that fail, or work for longer than the test waits
}
# A command that answers with blockers, each with a command, leads further.
GATED = r"spec-kitty (merge|accept|agent tasks move-task)\b"
BLOCKED = re.compile(r"^status: 1$.*^error: .*\n +(?:spec-kitty|git) ", re.MULTILINE | re.DOTALL)
MISTYPED = (-1, 2, 126, 127, 128, 129)
# A person acts before the command; without that it may fail, but not as a mistyped one.
ACT_FIRST = re.compile(r"\b(then|fix|first|correct|install|free)\b")
# Words that stand for what only a person knows.
PLACEHOLDER = re.compile(r"\b(URL|ID|DIR|FILE|SLUG|BRANCH|NAME|TEXT|PATH|BYTES|SECONDS)\b")


class HintReader(Reader):
    """Reads the commands that functions make, too, and what stands in front of each hint."""

    messages: dict[tuple[str, int, str], list[str]] = {}  # of a hint: what it is the remedy for

    def __init__(self, path: str, text: str):
        super().__init__(path, text)
        self.fronts: list[tuple[int, int] | None] = []

    def block(self, begin: int, end: int) -> None:
        parts = self.split(begin, end, _SEPARATORS)
        for at, part in enumerate(parts):
            listed = at > 0 and self.tokens[part[0] - 1].text == ","
            self.fronts.append(parts[at - 1] if listed else None)
            self.expression(*part)
            self.fronts.pop()

    def keep(self, text: str, begin: int, end: int) -> None:
        front, count = self.fronts[-1], len(self.found)
        super().keep(text, begin, end)
        if len(self.found) > count and front:
            self.messages[self.path, self.found[-1].line, shown(text)] = self.choices(*front)

    def made_by(self, name: str, begin: int, end: int) -> str | None:
        if name not in MAKERS or not self.path.startswith(MAKER_FILES.get(name, "")):
            return None
        words = self.choices(*self.split(begin, end, {","})[-1])
        return MAKERS[name].format(words[0] if len(words) == 1 else "{}")


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
        if re.match(GATED, self.typed) and self.status == 1 and re.search(BLOCKED, self.text):
            return True
        if ACT_FIRST.search(self.hint.partition(self.typed)[0]) and self.status not in MISTYPED:
            return True
        for command, allowed in MAY_FAIL.items():
            if re.match(command, self.typed):
                return self.status in allowed
        return self.status == 0


def places_in(tree: Tree) -> list[Message]:
    return [message for message in catalogue(tree, HintReader)
            if message.path.startswith(FOLDERS) and not message.path.startswith(ELSEWHERE)
            and COMMAND.search(message.text) and (message.path, message.text) not in NOT_PLACES]


def run_suites(build: pathlib.Path, folder: pathlib.Path, again: bool) -> None:
    environment = os.environ | {"SPEC_KITTY_TRY_HINTS": str(folder)}
    which = ["--rerun-failed"] if again else ["-L", "cli", "-LE", "long"]
    subprocess.run(["ctest", "--test-dir", str(build), *which, "-j", str(4 * (os.cpu_count() or 1))],
                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def texts_of(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts_of(part)]


def read_by_a_person(printed: str) -> str:
    """What was printed, a line each; JSON as the texts in it."""
    lines = []
    for line in printed.splitlines():
        try:
            lines += texts_of(json.loads(line)) if line.startswith("{") else [line]
        except ValueError:
            lines.append(line)
    return "\n".join(lines)


def expression(template: str) -> str:
    """A regular expression: {} is any text, {a|b} is one of two, which may have their own."""
    made, at = "", 0
    while at < len(template):
        if template[at] != "{":
            made += re.escape(template[at])
            at += 1
            continue
        depth, choices, at = 1, [""], at + 1
        while at < len(template) and depth > 0:
            letter = template[at]
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if letter == "|" and depth == 1:
                choices.append("")
            elif depth > 0:
                choices[-1] += letter
            at += 1
        made += "(?:" + "|".join(expression(each) if each else r"[^\n]*" for each in choices) + ")"
    return made


def pattern(template: str) -> re.Pattern:
    return re.compile(expression(template.strip("…")))


def is_in(place: Message, printed: str) -> bool:
    """Whether the hint was printed, with the message in front of it where the sources show one."""
    fronts = HintReader.messages.get((place.path, place.line, place.text), [])
    return bool(pattern(place.text).search(printed)) and (
        not fronts or any(pattern(front).search(printed) for front in fronts))


def main() -> int:
    places = places_in(Tree(repository_root()))
    if "--places" in sys.argv[2:]:
        print(*(f"{place.path}:{place.line}: {place.text}" for place in places), sep="\n")
        return 0
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "met").mkdir()
        (folder / "tried").mkdir()
        for number in range(MAX_PASSES):
            before = len(os.listdir(folder / "tried"))
            run_suites(build, folder, number > 0)
            if len(os.listdir(folder / "tried")) == before:
                break
        tried = [Tried(path.read_text(errors="replace")) for path in sorted((folder / "tried").iterdir())]
        met = [read_by_a_person(path.read_text(errors="replace")) for path in (folder / "met").iterdir()]
    bad = [each for each in tried if not each.works()]
    unseen = [place for place in places if not any(is_in(place, printed) for printed in met)]
    for each in bad:
        print(f"does not work: {each.text}\n")
    for place in unseen:
        print(f"not met: {place.path}:{place.line}: {place.text}")
    covered = len(places) - len(unseen)
    print(f"hints: {covered} of {len(places)} places met ({100 * covered // len(places)} %), "
          f"{len(tried)} typed, {len(bad)} failed")
    return 1 if bad or not tried or covered < WANTED * len(places) else 0


if __name__ == "__main__":
    sys.exit(main())
