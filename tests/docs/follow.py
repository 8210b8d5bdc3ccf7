#!/usr/bin/env python3
"""Follows a page of the documentation word for word, on a machine of its own.

    follow.py FOLDER_OF_THE_PROGRAMS PAGE

Every command of the page is typed as it stands and must end with status 0 (page.py says what a
command is). PREPARED is what the page takes for granted, SHORTER what is typed in place of commands
that run for minutes to hours, NOT_RUN what the page has that a test cannot do: for how many
commands, and why.
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
LONG = "takes minutes, and cannot be shortened"
ON_ANOTHER_PAGE = "takes minutes; for docs/guarantees.md a shorter form is typed"
CHAOS = "spec-kitty-chaos run"
SHORTER = {
    "guarantees.md": {
        f"{CHAOS} --rounds 1": f"{CHAOS} --rounds 1 --scenario causality",
        f"{CHAOS} --minutes 480 --report night.json":
            f"{CHAOS} --minutes 0.1 --scenario clock --report night.json",
        f"{CHAOS} --scenario kills --rounds 160": f"{CHAOS} --scenario kills --rounds 1",
        f"{CHAOS} --scenario workpackages": f"{CHAOS} --scenario workpackages --rounds 1",
    },
}
NOT_RUN = {
    "README.md": {TESTED: 2, SYSTEMD: 1, ON_ANOTHER_PAGE: 2},
    "guarantees.md": {LONG: 1},
    "installing.md": {TESTED: 1},
    "operations.md": {SYSTEMD: 3},
    "server.md": {SYSTEMD: 4},
}


def typed_for(command, shorter):
    """What is typed for a command of the page; taken out of `shorter`."""
    return shorter.pop(command.split("#")[0].strip(), command)


def follow(text, person, services, shorter):
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
            person.type(typed_for(step.text, shorter))
    assert not shorter, f"not on the page: {shorter}"
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
            skipped = follow(text, person, machine.Services(home), SHORTER.get(path.name, {}))
        finally:
            person.leave()
    expected = NOT_RUN.get(path.name, {})
    assert skipped == expected, f"not run: {dict(skipped)}, NOT_RUN has {expected}"


main()
