#!/usr/bin/env python3
"""Types the examples at the end of every `--help`, each command's in a fresh repository.

  examples.py FOLDER-OF-PROGRAMS

The repository has the feature 001-login with two work packages, the home a session at a dev-server
of its own. What a command needs beside that is in PREPARED. An example must end with status 0, but
for those in MAY_END, which ask for something that only a reader has.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# What each command begins with; `work WPnn` does the work of a work package on its branch.
WORK = r"""work() {
  spec-kitty -q implement "$1" >/dev/null
  (cd .worktrees/001-login-"$1" && echo "$1" >"$1".txt && git add . && git commit -qm "$1")
  n=${1#WP0}; spec-kitty -q agent tasks mark-status T00"$n" --status done >/dev/null
}
"""
PREPARED = {
    "events import": """spec-kitty -q emit WPStatusChanged --wp WP01 --field previous_status=planned \\
  --field new_status=doing && spec-kitty events export >events.jsonl""",
    "agent tasks move-task": "work WP01",
    "merge": "work WP01; work WP02",
    "accept": "work WP01; work WP02; spec-kitty -q merge --force >/dev/null",
    "agent feature finalize-tasks": "true",
    # A session of its own: a logout ends it at the server too.
    "auth logout": "spec-kitty -q auth login --username ann --password-stdin <password.txt",
    "sync daemon stop": "spec-kitty -q sync daemon start",
    "sync daemon restart": "spec-kitty -q sync daemon start",
    "orchestrate": "true",
}
# Commands that go on until they are told to end.
ENDLESS = ("sync watch", "sync daemon run", "board")
# Its help is that of the program that it starts.
OTHERS_HELP = ("dev-server",)
# Examples that may end in another way here, and why.
MAY_END = {
    "events show 01ARZ3NDEKTSV4RRFFQ69G5FAV": 1,     # the id of an event of the reader's own
    "events retry 01ARZ3NDEKTSV4RRFFQ69G5FAV": 1,
    "events discard 01ARZ3NDEKTSV4RRFFQ69G5FAV --yes": 1,
    "auth login --username ann": 1,                  # asks on a terminal, which is missing here
    "orchestrate --status": 1,                       # nothing has run yet
}


def help_of(program, words, env):
    return subprocess.run([program, *words, "--help"], env=env, text=True, capture_output=True,
                          check=True, timeout=60).stdout


def below(text, title):
    """The indented lines below a title, up to the next line that is not."""
    lines = text.splitlines()
    found = []
    for line in lines[lines.index(title) + 1:] if title in lines else []:
        if not line.startswith("  "):
            break
        found.append(line[2:])
    return found


def commands(program, env, words=()):
    """Every command with its examples, from the program's own help."""
    text = help_of(program, words, env)
    names = [line.split()[0] for line in below(text, "Subcommands:") if not line.startswith(" ")]
    if not names:
        return [(" ".join(words), below(text, "Examples:") or below(text, "Example:"))]
    return [entry for name in names for entry in commands(program, env, (*words, name))]


class Place:
    """A home, a repository and a server, made once and copied for each command."""

    def __init__(self, programs, folder):
        self.programs = pathlib.Path(programs).resolve()
        self.folder = folder
        self.template = folder / "template"
        (self.template / "user").mkdir(parents=True)
        (self.template / "repo").mkdir()
        self.server = subprocess.Popen(
            [self.programs / "spec-kitty", "dev-server", "--json", "--quiet", "--username", "ann"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(folder)})
        greeting = json.loads(self.server.stdout.readline())
        (self.template / "repo" / "password.txt").write_text(greeting["password"] + "\n")
        (self.template / "repo" / "events.jsonl").write_text(json.dumps(
            {"event_type": "HistoryAdded", "payload": {
                "wp_id": "WP01", "entry_type": "note", "entry_content": "x"}}) + "\n")
        try:
            self.prepare(greeting["url"])
        except BaseException:
            self.end()
            raise

    def end(self):
        self.server.terminate()
        self.server.wait()

    def prepare(self, url):
        self.shell(self.template, f"""
git init -q -b main . && git config user.name Ann && git config user.email ann@example.org
echo '.worktrees/
password.txt
*.jsonl' >.gitignore && git add . && git commit -qm begin
spec-kitty -q sync server {url}
spec-kitty -q auth login --username ann --password-stdin <password.txt
spec-kitty -q init
spec-kitty -q feature create 001-login --wp First --wp Second
git add . && git commit -qm project || true
""")

    def shell(self, place, script, may_end=0, patience=120):
        """Runs a script that must end with 0 or `may_end`; None: in any way."""
        env = {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(place / "user"),
               "SPEC_KITTY_HOME": str(place / "home"), "USER": "ann", "LC_ALL": "C.UTF-8",
               "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["sh", "-ec", WORK + script], cwd=place / "repo", env=env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=patience)
        if may_end is not None and done.returncode not in (0, may_end):
            raise AssertionError(f"{script.strip()}\nended with status {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def fresh(self, name):
        place = self.folder / name.replace(" ", "-")
        shutil.copytree(self.template, place, symlinks=True)
        return place


def type_examples(place_of, path, examples):
    place = place_of.fresh(path)
    try:
        place_of.shell(place, PREPARED.get(path, "true"))
        for example in examples:
            typed = example.removeprefix("spec-kitty ")
            line = f"timeout -s INT 3 {example}" if path in ENDLESS else example
            may_end = 124 if path in ENDLESS else MAY_END.get(typed, 0)
            place_of.shell(place, line, may_end)
    finally:
        place_of.shell(place, "spec-kitty -q sync daemon stop", 1)
        shutil.rmtree(place)


def main():
    programs = sys.argv[1]
    failures = 0
    count = 0
    with tempfile.TemporaryDirectory(prefix="spec-kitty-examples-") as folder:
        env = {**os.environ, "HOME": folder, "SPEC_KITTY_HOME": folder + "/none"}
        place = Place(programs, pathlib.Path(folder))
        try:
            for path, examples in commands(os.path.join(programs, "spec-kitty"), env):
                if path in OTHERS_HELP:
                    continue
                count += len(examples)
                try:
                    assert examples, f"{path} has no example"
                    type_examples(place, path, examples)
                except (AssertionError, subprocess.TimeoutExpired) as problem:
                    failures += 1
                    print(f"FAILED: {path}\n{problem}\n", flush=True)
        finally:
            place.end()
    print(f"{count} examples typed, {failures} commands failed")
    return 1 if failures or count < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
