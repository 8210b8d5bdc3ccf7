"""Homes whose daemons listen, and what each `sync watch` has printed; a relay that cuts."""

import json
import socket
import subprocess
import threading

from team_server import Home, eventually


class Relay:
    """A port before the server's: every connection through it can be cut at once."""

    def __init__(self, port):
        self.to = port
        self.sockets = set()
        self.guard = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to), timeout=5)
                server.settimeout(None)
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            with self.guard:
                self.sockets |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        self.end({source, target})

    def end(self, which):
        with self.guard:
            self.sockets -= which
        for end in which:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def cut(self):
        """How many connections it was."""
        with self.guard:
            all_of_them = set(self.sockets)
        self.end(all_of_them)
        return len(all_of_them) // 2

    def close(self):
        self.listener.close()
        self.cut()


class Watch:
    """One `sync watch`: what it has printed, a line at a time."""

    def __init__(self, home, after=None):
        words = [home.program, "sync", "watch", "--json"]
        if after:
            words += ["--after", str(after[1]), "--log", after[0]]
        self.lines = []
        self.process = subprocess.Popen(words, env=home.env, cwd=home.folder, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                return  # it was killed in the middle of a line

    def of_kind(self, kind):
        return [line for line in list(self.lines) if line.get("kind") == kind]

    def received(self):
        return [(line["log"], line["seq"], line["event"]["event_id"])
                for line in self.of_kind("received")]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(10)


class ListeningHome(Home):
    """A home with a daemon."""

    def __init__(self, programs, url, folder):
        # Not the default folder: its node id is the host's and user's, the same for all of them.
        super().__init__(programs, url, folder, name="home")
        self.run("config", "set", "sync.batch_gap_s", "1")
        self.daemon = None
        self.start_daemon()

    def start_daemon(self):
        self.daemon = subprocess.Popen([self.program, "sync", "daemon", "run", "--quiet"],
                                       env=self.env, cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()

    def status(self):
        return json.loads(self.run("sync", "status", "--json").stdout)

    def is_connected(self):
        return self.status()["connection"]["state"] == "Connected"

    def await_connection(self):
        eventually(self.is_connected, 90, "a connection")
