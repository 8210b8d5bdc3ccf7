"""How long an event takes from its command to the server with a daemon, and what the daemon costs
the command: with a dev-server on this machine and a connected daemon.
"""
import json
import os
import subprocess
import threading
import time
from pathlib import Path

EMIT = ["emit", "WPStatusChanged", "--quiet", "--payload",
        '{"wp_id":"WP01","previous_status":"planned","new_status":"doing"}']


class Server:
    """The dev-server, and when it said that it keeps an event."""

    def __init__(self, program, state):
        self.process = subprocess.Popen([program, "dev-server", "--json", "--state", state],
                                        stdout=subprocess.PIPE, text=True)
        self.greeting = json.loads(self.process.stdout.readline())
        self.kept = {}
        self.changed = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            now = time.monotonic()
            message = json.loads(line)
            if message.get("ws") == "event":
                with self.changed:
                    self.kept[message["event_id"]] = now
                    self.changed.notify_all()

    def when(self, event_id, patience=10):
        with self.changed:
            self.changed.wait_for(lambda: event_id in self.kept, patience)
            return self.kept.get(event_id)


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def status_number(pid, task, name):
    for line in Path(f"/proc/{pid}/task/{task}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def wake_ups(pid):
    return sum(status_number(pid, task, "voluntary_ctxt_switches:")
               for task in os.listdir(f"/proc/{pid}/task"))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(at, server, count, idle_s):
    """Rows of the table; what has no floor stands alone."""
    for home in ("with", "without"):
        at.home(home)
        at.run(home, "sync", "server", server.greeting["url"])
        at.run(home, "auth", "login", "--username", server.greeting["username"],
               env={"SPEC_KITTY_PASSWORD": server.greeting["password"]})
        at.run(home, *EMIT)
    pid = json.loads(at.run("with", "sync", "daemon", "start", "--json")[1])["pid"]
    while json.loads(at.run("with", "sync", "status", "--json")[1])["connection"]["state"] != \
            "Connected":
        time.sleep(0.05)
    delays, took = [], {"with": [], "without": []}
    for _ in range(count):
        for home in ("with", "without"):
            began = time.monotonic()
            seconds, event_id = at.run(home, *EMIT)
            took[home].append(seconds * 1000)
            if home == "with":
                kept = server.when(event_id.strip())
                if kept is None:
                    raise RuntimeError(f"{event_id.strip()} did not arrive")
                delays.append((kept - began) * 1000)
    found = [(f"emit to the server, {name}", quantile(delays, share), None, None, "ms", "")
             for name, share in (("p50", .5), ("p99", .99))]
    ratios = [a / b for a, b in zip(took["with"], took["without"])]
    found.append(("emit with a daemon", quantile(took["with"], .5), quantile(took["without"], .5),
                  quantile(ratios, .5), "ms", "the same without a daemon"))
    rss = next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines()
               if line.startswith("RssAnon"))
    found.append(("daemon: memory of its own", int(rss) / 1024, None, None, "MiB", ""))
    if idle_s:
        woken, used = wake_ups(pid), cpu_seconds(pid)
        time.sleep(idle_s)
        found.append(("daemon: idle, of a core", (cpu_seconds(pid) - used) / idle_s * 100, None,
                      None, "%", f"{wake_ups(pid) - woken} voluntary switches in {idle_s} s"))
    at.run("with", "sync", "daemon", "stop")
    return found


def realtime(at, count, idle_s):
    server = Server(str(at.bin / "spec-kitty"), str(at.place / "realtime-server"))
    try:
        return measured(at, server, count, idle_s)
    finally:
        server.process.terminate()
        server.process.wait()
