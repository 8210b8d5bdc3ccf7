#!/usr/bin/env python3
"""Follows the tour of README.md word for word, in a home and a folder of its own.

    readme_test.py FOLDER_OF_THE_PROGRAMS README.md

Every block of commands is typed as it stands. What a person does at the keyboard is done here: the
server and the board run beside, Ctrl-C ends what follows, and the server's port and password are
those that it printed.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ENDLESS = ("spec-kitty sync watch", "spec-kitty board", "spec-kitty dev-server")
PATIENCE_S = 120


def tour(page):
    part = page[page.index("## A tour from nothing"):page.index("## Run a server")]
    blocks = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    assert blocks[0].startswith("export PATH="), "the tour begins with the programs' folder"
    return blocks[1:]


class Person:
    """Types commands in one folder after the other."""

    def __init__(self, programs, home):
        self.folder = home
        self.beside = []
        self.port = "PORT"
        self.env = {"PATH": f"{Path(programs).resolve()}:/usr/local/bin:/usr/bin:/bin",
                    "HOME": str(home), "LANG": "C.UTF-8", "BROWSER": "true",
                    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com",
                    "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com"}

    def type(self, block):
        for line in re.sub(r"\|\n +", "| ", block).splitlines():
            if line.startswith(ENDLESS):
                self.follow(line)
            else:
                self.run(line.replace("PORT", self.port))

    def run(self, line):
        where = self.folder / "where.txt"
        done = subprocess.run(["bash", "-ec", f"{line}\npwd >'{where}'"], cwd=self.folder,
                              env=self.env, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S)
        print(f"$ {line}\n{done.stdout}", end="", flush=True)
        assert done.returncode == 0, f"status {done.returncode}"
        self.folder, before = Path(where.read_text().strip()), self.folder
        (before / "where.txt").unlink()

    def follow(self, line):
        """Reads the first line that it prints; what serves runs on, what only shows gets Ctrl-C."""
        print(f"$ {line}", flush=True)
        process = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.env,
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        self.beside.append(process)
        if "dev-server" not in line:
            assert process.stdout.readline(), "it shows nothing"
            self.end(process)
            return
        for text in process.stdout:
            print(text, end="")
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", text):
                self.port = found.group(1)
            if found := re.search(r"password: (\S+)", text):
                self.env["SPEC_KITTY_PASSWORD"] = found.group(1)
                return
        raise AssertionError("the server printed no password")

    def end(self, process):
        self.beside.remove(process)
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def main():
    with tempfile.TemporaryDirectory(prefix="readme.") as home:
        person = Person(sys.argv[1], Path(home))
        try:
            for block in tour(Path(sys.argv[2]).read_text()):
                person.type(block)
        finally:
            for process in list(person.beside):
                person.end(process)


main()
