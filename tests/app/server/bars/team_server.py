"""A real spec-kitty-server with a state folder of its own, its accounts, and what is asked of it."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PASSWORD = "a password for tests"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(number):
    """An event id; a greater number has a greater one."""
    digits = []
    for _ in range(16):
        digits.append(ALPHABET[number % 32])
        number //= 32
    return "01ARZ3NDEK" + "".join(reversed(digits))


def event(number, team="alpha", node="0123456789ab", stamp=None):
    """An event of a work package that goes from one lane to the other."""
    lanes = ("planned", "doing")
    return {"event_id": ulid(number), "event_type": "WPStatusChanged",
            "aggregate_id": f"WP{number % 40 + 1:02d}", "aggregate_type": "WorkPackage",
            "payload": {"wp_id": f"WP{number % 40 + 1:02d}", "previous_status": lanes[number % 2],
                        "new_status": lanes[1 - number % 2]},
            "node_id": node, "lamport_clock": stamp or number, "causation_id": None,
            "timestamp": "2026-12-01T12:00:00.000000Z", "team_slug": team, "project_uuid": None,
            "project_slug": None}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TeamServer:
    """`with TeamServer(programs) as server:` the teams alpha and beta, ann in alpha, ben in beta."""

    def __init__(self, programs, options=()):
        self.programs = Path(programs)
        self.folder = tempfile.TemporaryDirectory(prefix="server.")
        self.state = str(Path(self.folder.name) / "state")
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.env = {}
        self.log_file = tempfile.TemporaryFile("w+")

    def __enter__(self):
        self.command("init", "--team", "alpha", "--admin", "ann", "--password-stdin")
        self.command("team", "add", "beta")
        self.add_user("ben", "beta")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def command(self, *words, check=True):
        done = subprocess.run([str(self.programs / "spec-kitty-server"), "--state", self.state,
                               *words], input=PASSWORD + "\n", text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def json_of(self, *words):
        return json.loads(self.command(*words, "--json"))

    def add_user(self, name, team):
        self.command("user", "add", name, "--password-stdin")
        self.command("member", "add", "--team", team, "--user", name)

    def token(self, user="ann", team="alpha", name="test"):
        return self.json_of("token", "create", "--user", user, "--team", team, "--name", name)

    def start(self):
        self.process = subprocess.Popen(
            [str(self.programs / "spec-kitty-server"), "--state", self.state, "run", "--json",
             "--listen", f"127.0.0.1:{self.port}", "--log-requests", "false", *map(str, self.options)],
            stdout=subprocess.PIPE, stderr=self.log_file, text=True, env=os.environ | self.env)
        greeting = self.process.stdout.readline()
        if not greeting:
            raise RuntimeError("the server did not start: " + self.log())

    def log(self):
        """All that it has written to stderr."""
        return os.pread(self.log_file.fileno(), 1 << 20, 0).decode()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        if self.process.returncode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"the server ended with {self.process.returncode}")

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def anonymous_bytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the system does not tell RssAnon")

    def exported(self, team="alpha"):
        return [json.loads(line) for line in self.command("team", "export", team).splitlines()]


def eventually(condition, seconds=60, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Home:
    """A home of the real client, logged in at a server."""

    def __init__(self, programs, url, folder, user="ann", authority=None, name=".spec-kitty",
                 proxy=None):
        self.program = str(Path(programs) / "spec-kitty")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
                    "SPEC_KITTY_HOME": str(self.folder / name),
                    "SPEC_KITTY_PASSWORD": PASSWORD}
        if authority:
            self.env["SPEC_KITTY_TLS_CA_FILE"] = str(authority)
        self.run("sync", "server", url)
        if proxy:
            self.run("config", "set", "sync.proxy", "-", given=proxy)
        self.run("auth", "login", "--username", user)

    def run(self, *words, allowed=(0,), given=None):
        done = subprocess.run([self.program, *words], env=self.env, cwd=self.folder, text=True,
                              input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=180)
        if allowed is not None and done.returncode not in allowed:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: "
                               f"{done.stdout}{done.stderr}")
        return done

    def emit(self, count):
        """Records so many events; their ids."""
        line = json.dumps({"event_type": "HistoryAdded", "payload": {
            "wp_id": "WP01", "entry_type": "note", "entry_content": "still at work",
            "author": "user"}})
        done = self.run("emit", "--stdin", given=(line + "\n") * count)
        return [json.loads(answer)["event_id"] for answer in done.stdout.splitlines()]


def deliver(server, home):
    """50 events by batch, 20 over the WebSocket."""
    recorded = home.emit(50)
    home.run("sync", "now")
    home.run("sync", "daemon", "start")
    try:
        eventually(lambda: '"state":"Connected"' in home.run("sync", "status", "--json").stdout,
                   60, "the WebSocket")
        recorded += home.emit(20)
        kept = lambda: [row["event"]["event_id"] for row in server.exported()]
        eventually(lambda: kept()[-70:] == recorded, 60, "the delivery")
    finally:
        home.run("sync", "daemon", "stop")
