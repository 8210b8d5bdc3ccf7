"""A build's programs on scratch homes: what the benchmarks of whole processes share."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOM = {"sync.max_queue_size": "20000000", "sync.max_queue_bytes": "4000000000"}
PAYLOAD = {"wp_id": "WP01", "entry_type": "note", "entry_content": ""}
NOTE_BYTES = 230
PASSWORD = "a password of this run alone"


class Installation:
    """Homes in a scratch folder, one dev-server, and processes that end with it."""

    def __init__(self, build):
        self.bin = Path(build).resolve() / "bin"
        self.tools = Path(build).resolve() / "benchmarks"
        self.host = Path(build).resolve() / "tests" / "hot_path_host"
        self.place = Path(tempfile.mkdtemp(prefix="spec-kitty-bench-"))
        self.running = []

    def __enter__(self):
        self.server = self.dev_server("server", "--note-kept", self.place / "kept")
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()
            process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def start(self, *command):
        """Starts a program that runs until the end; its first line."""
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True,
                                   env={**os.environ, "SPEC_KITTY_DEV_PASSWORD": PASSWORD})
        self.running.append(process)
        line = process.stdout.readline()
        # What it prints later is read by nobody.
        subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        return line

    def dev_server(self, name, *options):
        """Starts one; what it says of itself."""
        return json.loads(self.start(self.bin / "spec-kitty", "dev-server", "--json", "--state",
                                     self.place / name, *options))

    def kept(self):
        """The events that the server has kept, a line each."""
        return (self.place / "kept").read_text()

    def delayed(self, milliseconds, server=None):
        """A server's address behind a proxy that delays each way."""
        port = (server or self.server)["url"].rsplit(":", 1)[1].rstrip("/")
        proxy = Path(__file__).parent / "delay_proxy.py"
        return "http://127.0.0.1:" + self.start(sys.executable, proxy, port, milliseconds).strip()

    def env(self, home, **more):
        return {**os.environ, "HOME": str(self.place), "SPEC_KITTY_HOME": str(self.place / home),
                "SPEC_KITTY_PASSWORD": PASSWORD, **more}

    def run(self, home, *words, file=None, env=None):
        """One command; seconds that it took, and what it printed."""
        with open(file or os.devnull, "rb") as text:
            began = time.monotonic()
            done = subprocess.run([str(self.bin / "spec-kitty"), *words], stdin=text,
                                  env=self.env(home, **(env or {})), cwd=self.place,
                                  capture_output=True)
            took = time.monotonic() - began
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.decode()}")
        return took, done.stdout.decode()

    def floor(self, *words, env=None):
        began = time.monotonic()
        subprocess.run([str(self.tools / "floor_stream"), *map(str, words)], check=True,
                       env=dict(os.environ, **(env or {})), capture_output=True)
        return time.monotonic() - began

    def home(self, name, url=None):
        """A new home with room for millions; logged in where an address is given."""
        shutil.rmtree(self.place / name, ignore_errors=True)
        for key, value in ROOM.items():
            self.run(name, "config", "set", key, value)
        if url:
            self.run(name, "sync", "server", url)
            self.login(name)
        return name

    def login(self, name):
        return self.run(name, "auth", "login", "--username", self.server["username"])[0]

    def lines(self, count):
        """A file of events for `emit --stdin`."""
        file = self.place / f"lines-{count}"
        if not file.exists():
            with open(file, "w", encoding="utf-8") as out:
                for number in range(count):
                    note = f"{number:08d} ".ljust(NOTE_BYTES, "n")
                    payload = dict(PAYLOAD, entry_content=note)
                    out.write(json.dumps({"event_type": "HistoryAdded", "payload": payload},
                                         separators=(",", ":")) + "\n")
        return file

    def fill(self, home, count):
        self.run(home, "emit", "--stdin", "--quiet", file=self.lines(count))

    def file_bytes(self, home):
        return (self.place / home / "queue" / "env" / "data.mdb").stat().st_size


def pairs(rounds, ours, floor):
    """Medians of both in turn, and the median of their ratios."""
    a, b = [], []
    for _ in range(rounds):
        a.append(ours())
        b.append(floor())
    return (statistics.median(a), statistics.median(b),
            statistics.median(x / y for x, y in zip(a, b)))
