#!/usr/bin/env python3
"""How long an event takes from its command to the server with a daemon, and what the daemon costs
the command: realtime.py BIN_DIR [EVENTS]

Prints, with a dev-server on this machine and a connected daemon:
  - from the start of `spec-kitty emit` to the server's line about the event, p50, p99, worst;
  - the emitting process beside one in a home without a daemon, in pairs, as the median ratio;
  - what the daemon used meanwhile: memory of its own, and when idle for a minute: CPU, wake-ups.
Nothing here passes or fails.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EMIT = ["emit", "WPStatusChanged", "--quiet", "--payload",
        '{"wp_id":"WP01","previous_status":"planned","new_status":"doing"}']


class Server:
    """The dev-server, and when it message that it keeps an event."""

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


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = str(Path(sys.argv[1]).resolve() / "spec-kitty")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    place = Path(tempfile.mkdtemp(prefix="spec-kitty-realtime-"))
    server = Server(program, str(place / "server"))

    def spec_kitty(home, *words, **more):
        env = dict(os.environ, HOME=str(place), SPEC_KITTY_HOME=str(place / home),
                   SPEC_KITTY_PASSWORD=server.greeting["password"])
        return subprocess.run([program, *words], env=env, cwd=place, text=True, check=True,
                              capture_output=True, **more).stdout

    try:
        for home in ("with", "without"):
            spec_kitty(home, "sync", "server", server.greeting["url"])
            spec_kitty(home, "auth", "login", "--username", "dev")
            spec_kitty(home, *EMIT)
        pid = json.loads(spec_kitty("with", "sync", "daemon", "start", "--json"))["pid"]
        while json.loads(spec_kitty("with", "sync", "status", "--json"))["connection"]["state"] != \
                "Connected":
            time.sleep(0.05)
        delays, ratios = [], []
        for _ in range(count):
            took = []
            for home in ("with", "without"):
                began = time.monotonic()
                event_id = spec_kitty(home, *EMIT).strip()
                took.append(time.monotonic() - began)
                if home == "with":
                    kept = server.when(event_id)
                    if kept is None:
                        sys.exit(f"{event_id} did not arrive")
                    delays.append((kept - began) * 1000)
            ratios.append(took[0] / took[1])
        print(f"{count} events, from the command's start to the server: "
              f"p50 {quantile(delays, .5):.1f} ms, p99 {quantile(delays, .99):.1f} ms, "
              f"worst {max(delays):.1f} ms")
        print(f"the emitting process with a daemon beside one without, {count} pairs: "
              f"median ratio {quantile(ratios, .5):.3f}")
        rss = next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                   if line.startswith("RssAnon"))
        print(f"the daemon's own memory: {int(rss) / 1024:.1f} MiB (RssAnon)")
        woken, used = wake_ups(pid), cpu_seconds(pid)
        time.sleep(60)
        print(f"idle for a minute: {wake_ups(pid) - woken} voluntary switches, "
              f"{(cpu_seconds(pid) - used) / 60 * 100:.2f} % of a core")
        spec_kitty("with", "sync", "daemon", "stop")
    finally:
        server.process.terminate()
        shutil.rmtree(place, ignore_errors=True)


main()
