#!/usr/bin/env python3
"""The same as mistakes.py for the commands of the team server, each in a fresh state folder with the
team alpha and its admin ann.

  server_mistakes.py FOLDER-OF-PROGRAMS
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from mistakes import run, say, try_all, word  # noqa: E402

S = "spec-kitty-server"
INVITE = f"{S} invite create --team alpha"

MISTAKES = [
    # Commands and options.
    run(S, f"{S} --help"),
    say(f"{S} rnu", f"did you mean {S} run?"),
    word(f"{S} stat", f"{S} stat", f"{S} stats"),
    run(f"{S} user", f"{S} user --help"),
    word(f"{S} users list", f"{S} users", f"{S} user"),
    word(f"{S} user ad bob", f"{S} user ad", f"{S} user add"),
    word(f"{S} add user bob", f"{S} add user", f"{S} user add"),
    say(f"{S} user delete ann", f"did you mean {S} user disable?"),
    word(f"{S} team delete alpha --yes", f"{S} team delete", f"{S} team remove"),
    word(f"{S} audit lits", f"{S} audit lits", f"{S} audit list"),
    word(f"{S} keys rotat", f"{S} keys rotat", f"{S} keys rotate"),
    say(f"{S} init --taem alpha", "did you mean --team?"),
    word(f"{S} user add bob --passwrod-stdin <password.txt", "--passwrod-stdin",
         "--password-stdin"),
    run(f"{S} user add", f"{S} user add --help"),
    run(f"{S} member add --team alpha", f"{S} member add --help"),
    run(f"{S} member add alpha ann", f"{S} member add --help"),
    run(f"{S} member list", f"{S} member list --help"),
    run(INVITE, f"{S} invite create --help"),
    run(f"{S} token create --user ann --name build", f"{S} token create --help"),
    run(f"{S} backup", f"{S} backup --help"),
    # Teams, people and their tokens.
    say(f"{S} init --team alpha --admin ann", f"{S} team add"),
    run(f"{S} user add ann", f"{S} user reset-password ann"),
    say(f"{S} user add 'b ob'", "letters, digits"),
    say(f"echo short | {S} user add bob --password-stdin", "longer password"),
    word(f"{S} user reset-password anna", "anna", "ann"),
    say(f"{S} team add alpha", "another slug"),
    say(f"{S} team add Al_pha!", "small letters"),
    say(f"{S} team remove alpha", "--yes"),
    word(f"{S} team rename alhpa Alpha", "alhpa", "alpha"),
    word(f"{S} team export alhpa", "alhpa", "alpha"),
    run(f"{S} member add --team alpha --user bob", f"{S} user list"),
    word(f"{S} member add --team alpha --user ann --role membr", "membr", "member"),
    word(f"{INVITE} --role amdin", "amdin", "admin"),
    say(f"{INVITE} --role member --expires 90", "90d, 12h, 30m"),
    say(f"{INVITE} --role member --expires 90d", "--expires 30d"),
    run(f"{S} token revoke build", f"{S} token list"),
    # Events and the store.
    run(f"{S} event erase --team alpha 7 --reason x --yes", f"{S} team export alpha"),
    run(f"{S} event erase --team alpha seven --reason x --yes", f"{S} team export alpha"),
    say(f"{S} type add --team alpha OrderPlaced nothing.json", "nothing.json"),
    run(f"{S} type remove --team alpha OrderPlaced --yes", f"{S} type list --team alpha"),
    run(f"{S} backup /nothing/monday.backup", f"{S} backup ", complete_line=True,
        then="test -s state/monday.backup"),
    say(f"touch x.backup; {S} backup x.backup", "name another file"),
    say(f"{S} restore nothing.backup", "does not exist"),
    say(f"{S} audit list --limit x", "--limit", "number"),
    # Configuration.
    say(f"{S} config list --limits-batch-events x", "from 1 to 100000"),
    word(f"{S} config list --limits-batch-evnts 5", "--limits-batch-evnts",
         "--limits-batch-events"),
    say(f"{S} config list --config nothing.toml", "nothing.toml does not exist"),
    say(f"{S} run --listen 8443", "127.0.0.1:8443"),
    say(f"{S} run --listen 0.0.0.0:0", "tls.certificate"),
    say(f"{S} run --listen 127.0.0.1:0 --public-url sync.example.com", "https://sync.example.com"),
    say(f"{S} run --listen 127.0.0.1:0 --tls-certificate x.pem", "tls.key"),
]


class StatePlace:
    """A state folder, made once and copied for each command."""

    def __init__(self, programs, folder):
        self.programs = pathlib.Path(programs).resolve()
        self.folder = folder
        self.template = folder / "template"
        self.template.mkdir()
        (self.template / "password.txt").write_text("a password for tests\n")
        self.shell(self.template,
                   f"{S} init --team alpha --admin ann --password-stdin <password.txt")

    def shell(self, place, script, may_end=0):
        env = {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(place),
               "SPEC_KITTY_SERVER_STATE": str(place / "state"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(["sh", "-ec", script], cwd=place, env=env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)
        if may_end is not None and done.returncode != may_end:
            raise AssertionError(f"{script}\nended with status {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def fresh(self, name):
        place = self.folder / name
        shutil.copytree(self.template, place)
        return place


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="spec-kitty-server-mistakes-") as made:
        sys.exit(try_all(StatePlace(sys.argv[1], pathlib.Path(made)), MISTAKES, 50))
