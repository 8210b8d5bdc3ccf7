#!/usr/bin/env python3
"""Follows a page of the documentation word for word, on a machine of its own.

    follow.py FOLDER_OF_THE_PROGRAMS PAGE

Every command of the page is typed as it stands and must end with status 0 (page.py says what a
command is). PREPARED is what the page takes for granted, NOT_RUN what it has that a test cannot do:
for how many commands, and why.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
import machine  # noqa: E402
import page  # noqa: E402
from person import Person  # noqa: E402

FEATURE = """git init --quiet --initial-branch main
spec-kitty init
spec-kitty feature create tea --wp "Boil the water" --wp "Pour the tea"
spec-kitty agent feature finalize-tasks"""
SESSION = """spec-kitty dev-server
spec-kitty sync server http://127.0.0.1:PORT
spec-kitty auth login --username dev"""
TOOLS = r"""printf 'check:\n\ttest -s out\n' >Makefile && git add Makefile && git commit -qm Makefile
printf '#!/bin/sh\ncat >>out\n' >"$HOME/my-tool" && chmod +x "$HOME/my-tool"
export PATH="$PATH:$HOME" """

PREPARED = {
    "README.md": "",
    "cli.md": f"{SESSION}\n{FEATURE}\nspec-kitty sync now",
    "guarantees.md": "",
    "installing.md": "",
    "operations.md": "",
    "orchestrate.md": f"{FEATURE}\n{TOOLS}",
    "queue-format.md": "",
    "server.md": "",
}
SYSTEMD = "needs systemd"
TESTED = "builds what is tested here"
LONG = "takes minutes to hours"
NOT_RUN = {
    "README.md": {TESTED: 2, SYSTEMD: 1, LONG: 2},
    "guarantees.md": {LONG: 6},
    "installing.md": {TESTED: 1},
    "operations.md": {SYSTEMD: 3},
    "server.md": {SYSTEMD: 4},
}


def follow(text, person, services):
    skipped = Counter()
    for step in page.steps(text):
        if step.kind == "file":
            file = person.folder / step.detail
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.text)
        elif step.kind == "skipped":
            print(f"not run, {step.detail}: {step.text}", flush=True)
            skipped[step.detail] += 1
            services.follow(step.text, person.env)
        else:
            person.type(step.text)
    person.open_links()
    return skipped


def main():
    machine.enter()
    programs, path = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    text = path.read_text()
    assert path.name in PREPARED, f"{path.name} has commands: say in PREPARED what it begins with"
    with tempfile.TemporaryDirectory(prefix="page.", ignore_cleanup_errors=True) as made:
        home = Path(made)
        home.chmod(0o755)
        machine.lay_out(home, programs)
        machine.certify(home, "sync.example.com")
        person = Person(home, f"{home}/build/release/bin:{home}/bin:/usr/local/bin:/usr/bin:/bin")
        os.chdir(home)
        try:
            for command in page.commands(PREPARED[path.name]):
                person.type(command)
            skipped = follow(text, person, machine.Services(home))
        finally:
            person.leave()
    expected = NOT_RUN.get(path.name, {})
    assert skipped == expected, f"not run: {dict(skipped)}, NOT_RUN has {expected}"


main()
