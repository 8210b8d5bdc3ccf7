#!/usr/bin/env python3
"""One home for two tools: the Python client of February 2026 and ours take turns in it.

  older_tool.py FOLDER-OF-PROGRAMS

What the older one writes and how it reads is done here as it does it: TOML of its own order, times by
`datetime.isoformat`, which it reads with and without a zone; a clock file with its own value.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from datetime import datetime, timedelta, timezone

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "support"))
from minimal_server import PASSWORD, TEAM, MinimalServer  # noqa: E402


class OlderTool:
    """As much of it as touches the home."""

    def __init__(self, home, url):
        self.home, self.url = home, url
        self.home.mkdir(mode=0o700)

    def log_in(self, lifetime):
        request = urllib.request.Request(
            self.url + "/api/v1/token/", json.dumps({"username": "ann", "password": PASSWORD}).encode(),
            {"Content-Type": "application/json"})
        reply = json.load(urllib.request.urlopen(request, timeout=30))
        now = datetime.now(timezone.utc)
        expiry = {name: (now + timedelta(seconds=seconds)).isoformat()
                  for name, seconds in (("access", lifetime), ("refresh", 604800))}
        file = self.home / "credentials"
        file.write_text(f"""[tokens]
access = "{reply['access']}"
refresh = "{reply['refresh']}"
access_expires_at = "{expiry['access']}"
refresh_expires_at = "{expiry['refresh']}"

[user]
username = "ann"

[server]
url = "{self.url}"
""")
        file.chmod(0o600)

    def count(self, value, node):
        (self.home / "clock.json").write_text(json.dumps(
            {"value": value, "node_id": node,
             "updated_at": datetime.now(timezone.utc).isoformat()}, indent=2))

    def access_token(self):
        """The token, or nothing where this tool would take its person for logged out."""
        tokens = tomllib.loads((self.home / "credentials").read_text())["tokens"]
        expires_at = datetime.fromisoformat(tokens["access_expires_at"].replace("Z", "+00:00"))
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=timezone.utc)
        return tokens["access"] if datetime.now(timezone.utc) < expires_at else None


class Ours:
    def __init__(self, programs, folder):
        self.program = str(pathlib.Path(programs) / "spec-kitty")
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                    "SPEC_KITTY_PASSWORD": PASSWORD}

    def json_of(self, *words):
        done = subprocess.run([self.program, *words, "--json"], env=self.env, cwd=self.folder,
                              text=True, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def emit(self):
        return self.json_of("emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                            "--field", "entry_content=hello")["event"]


def main():
    with tempfile.TemporaryDirectory() as made, MinimalServer() as server:
        folder = pathlib.Path(made)
        older = OlderTool(folder / ".spec-kitty", server.url)
        ours = Ours(sys.argv[1], folder)

        older.log_in(600)
        ours.json_of("sync", "server", server.url)
        assert ours.json_of("auth", "status")["team_slug"] == TEAM, "from the token's claim"
        event = ours.emit()
        assert event["team_slug"] == TEAM, event
        assert ours.json_of("sync", "now")["synced"] == 1

        older.count(event["lamport_clock"] + 40, event["node_id"])
        shown = ours.json_of("clock", "show")["value"]
        assert shown == event["lamport_clock"] + 40, f"{shown}: what it counted is not counted in"
        assert ours.emit()["lamport_clock"] > shown

        assert older.access_token() in server.access_tokens, "after its own login"
        older.log_in(-60)
        assert older.access_token() is None
        assert ours.json_of("sync", "now")["synced"] == 1
        assert older.access_token() in server.access_tokens, "after our refresh"
        ours.json_of("auth", "login", "--username", "ann")
        assert older.access_token() in server.access_tokens, "after our login"
    print("the older tool and ours take turns in one home")


if __name__ == "__main__":
    main()
