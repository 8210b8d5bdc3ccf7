"""What a page of the documentation tells a reader to type.

A block of ```sh or ```console is typed, command by command. A block of any kind whose first line is
a comment that names a file (`# agents/mine.sh`, `// host.cpp`; after a `#!` line the second) is that
file. What cannot be typed in a test has a comment before the block:

    <!-- not run: REASON -->                  the block
    <!-- not run (WORD, WORD): REASON -->     its commands that begin with one of these words
"""

import re
import subprocess
from typing import NamedTuple

BLOCK = re.compile(r"^(?:<!-- not run(?: \(([^)]*)\))?: (.*?) -->\n)?```(\w*)\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
NAMES_A_FILE = re.compile(r"\A(?:#!.*\n)?(?:#|//) ([\w./-]+\.\w+)(?::.*)?$", re.MULTILINE)
TYPED = ("sh", "console")


class Step(NamedTuple):
    kind: str        # "command", "file" or "skipped"
    text: str        # the command, or the file's content
    detail: str = ""  # the file's name, or the reason


def complete(lines):
    """Whether these lines are a whole command for the shell."""
    checked = subprocess.run(["bash", "-n", "-c", "\n".join(lines)], text=True,
                             stderr=subprocess.PIPE, check=False)
    return checked.returncode == 0 and not checked.stderr and not lines[-1].endswith(("|", "\\"))


def commands(block):
    lines = []
    for line in block.splitlines():
        lines.append(line)
        if complete(lines):
            if text := "\n".join(lines).strip():
                yield text
            lines = []
    assert not lines, f"not a command: {lines}"


def begins_with(command, words):
    """Whether a command begins with one of these, each a word or several."""
    typed = command.removeprefix("sudo ") + " "
    return any(typed.startswith(f"{each} ") for each in words)


def steps(text):
    """All that the page has for the keyboard, in its order."""
    for words, reason, language, block in BLOCK.findall(text):
        if named := NAMES_A_FILE.match(block):
            yield Step("file", block, named.group(1))
            continue
        if language not in TYPED:
            continue
        skipped = [word.strip() for word in words.split(",") if word.strip()]
        for command in commands(block):
            if reason and (not skipped or begins_with(command, skipped)):
                yield Step("skipped", command, reason)
            else:
                yield Step("command", command)
