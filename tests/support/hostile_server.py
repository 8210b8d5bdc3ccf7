"""A sync server that fails on demand, byte-exact; for the tests.

  hostile_server.py [--fault NAME] [--access-lifetime S]
      first line on stdout: {"url","port","control","elsewhere","users":[…],"password"}
  hostile_server.py --list
      a line per fault: name, where it strikes, what it does, what the client must do

`url` speaks the protocol; `elsewhere` is another origin, which only counts; `control` is plain HTTP:
  POST /control/fault   {"name": NAME or "", "times": n}   switches a fault on, or all off
  POST /control/set     {"access_lifetime": s, "names": […]}  of tokens from now on: a number or a
                        text, under the names of the protocol or their synonyms
  POST /control/release                                    lets late replies go
  POST /control/forget                                     refuses every access token from now on
  POST /control/reset                                      sets the counters to zero
  GET  /control/state                                      counters, violations, stored events
  GET  /control/tokens                                     every token issued, and where each was seen
"""

import argparse
import collections
import json
import socket
import sys
import threading

sys.dont_write_bytecode = True
from hostile_faults import FAULTS, Fault  # noqa: E402
from hostile_sync import PASSWORD, USERS, World  # noqa: E402
from hostile_wire import Exchange, Request, read_request  # noqa: E402

GOOD = Fault("none", "a good server", "works", None)


class Counters:
    def __init__(self):
        self.requests = collections.Counter()
        self.connections = self.bytes = self.elsewhere = 0
        self.elsewhere_authorized = False
        self.strays = b""  # bytes on the wire outside of a request


class HostileServer:
    def __init__(self, access_lifetime):
        self.world = World(access_lifetime)
        self.count = Counters()
        self.heard = bytearray()  # everything that ever came, for the search for tokens
        self.fault, self.left, self.use = GOOD, -1, 0
        self.guard = threading.Lock()
        self.port = 0
        self.listener = self.filling = None
        self.listen()
        self.elsewhere, elsewhere_port = open_listener(0)
        self.control, self.control_port = open_listener(0)
        self.elsewhere_url = "http://127.0.0.1:%d" % elsewhere_port
        serve(self.elsewhere, self.meet_elsewhere)
        serve(self.control, self.obey)

    # ── Listening ─────────────────────────────────────────────────────────────────────────────
    def listen(self):
        self.listener, self.port = open_listener(self.port)
        serve(self.listener, self.meet)

    def deafen(self):
        # shutdown, not only close: a thread in accept() would keep the socket alive
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def fill_the_backlog(self):
        """A listener that accepts nothing, its backlog full: further connections hang."""
        self.listener, _ = open_listener(self.port, backlog=0)
        self.filling = []
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", self.port))
            self.filling.append(waiting)

    def switch(self, name, times):
        fault = FAULTS[name] if name else GOOD
        if self.fault.where == "listener":
            if self.fault is FAULTS["black_hole"]:
                for waiting in self.filling:
                    waiting.close()
                self.listener.close()
            self.listen()
        with self.guard:
            self.fault, self.use = fault, 0
            self.left = fault.times if times is None else times
        self.world.gate.clear()
        if fault.where == "refresh":
            self.world.forget_access()
        if fault.where == "listener":
            self.deafen()
            if name == "black_hole":
                self.fill_the_backlog()

    # ── The protocol ──────────────────────────────────────────────────────────────────────────
    def hear(self, data):
        with self.guard:
            self.count.bytes += len(data)
            self.heard += data

    def meet(self, sock):
        with self.guard:
            self.count.connections += 1
            reset = self.fault.where == "connection"
        if reset:
            return Exchange(sock, None, None, 0, None).reset()
        while True:
            request = read_request(sock, self.hear)
            if not isinstance(request, Request):
                with self.guard:
                    self.count.strays += request
                return None
            if not self.answer(sock, request):
                return None

    def answer(self, sock, request):
        act, use = None, 0
        with self.guard:
            self.count.requests[request.path] += 1
            if self.fault.act and self.left != 0 and self.fault.strikes(request.path):
                act, use = self.fault.act, self.use
                self.use += 1
                self.left -= self.left > 0
        exchange = Exchange(sock, request, self.world, use, self.elsewhere_url)
        if act is None:
            exchange.good()
        else:
            act(exchange)
        if request.headers.get("connection", "").lower() == "close":
            return False
        return exchange.keep

    def meet_elsewhere(self, sock):
        with self.guard:
            self.count.elsewhere += 1
        request = read_request(sock, lambda data: None)
        if isinstance(request, Request):
            with self.guard:
                self.count.elsewhere_authorized |= "authorization" in request.headers
            Exchange(sock, request, self.world, 0, None).reply(200, {"results": []})

    # ── Control ───────────────────────────────────────────────────────────────────────────────
    def obey(self, sock):
        request = read_request(sock, lambda data: None)
        if not isinstance(request, Request):
            return
        asked, done = request.json(), {"ok": True}
        if request.path == "/control/fault":
            self.switch(asked["name"], asked.get("times"))
        elif request.path == "/control/set":
            self.world.access_lifetime = asked["access_lifetime"]
            self.world.names = asked.get("names", self.world.names)
        elif request.path == "/control/release":
            self.world.gate.set()
        elif request.path == "/control/forget":
            self.world.forget_access()
        elif request.path == "/control/reset":
            with self.guard, self.world.lock:
                self.count = Counters()
                self.world.refreshes = self.world.duplicates = self.world.dead_refresh_uses = 0
        elif request.path == "/control/state":
            done = self.state()
        elif request.path == "/control/tokens":
            with self.guard, self.world.lock:
                done = {"issued": self.world.issued,
                        "strays": [token for token in self.world.issued
                                   if token.encode() in self.count.strays],
                        "heard": [token for token in self.world.issued
                                  if token.encode() in self.heard]}
        Exchange(sock, request, self.world, 0, None).reply(200, done, headers=[
            ("Connection", "close")])

    def state(self):
        with self.guard, self.world.lock:
            count = self.count
            # Without the question for the server's offer, which comes once before the first batch.
            asked = sum(count.requests.values()) - count.requests["/api/v1/"]
            return dict(self.world.state(), requests=asked,
                        paths=dict(count.requests), connections=count.connections,
                        bytes=count.bytes, stray_bytes=len(count.strays),
                        strikes=self.use, elsewhere=count.elsewhere,
                        elsewhere_authorized=count.elsewhere_authorized)


def open_listener(port, backlog=256):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(backlog)
    return listener, listener.getsockname()[1]


def serve(listener, meet):
    """Meets every connection on a thread of its own until the listener is closed."""
    def meet_and_close(sock):
        try:
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                meet(sock)
        except OSError:
            pass  # the peer has gone, which is its right

    def run():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=meet_and_close, args=(sock,), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--fault", default="")
    options.add_argument("--access-lifetime", type=int, default=900)
    options.add_argument("--list", action="store_true")
    chosen = options.parse_args()
    if chosen.list:
        for name, fault in FAULTS.items():
            print("%-28s  %-11s  %s: %s" % (name, fault.where, fault.meaning, fault.client))
        return
    server = HostileServer(chosen.access_lifetime)
    if chosen.fault:
        server.switch(chosen.fault, None)
    print(json.dumps({"url": "http://127.0.0.1:%d" % server.port, "port": server.port,
                      "control": server.control_port, "elsewhere": server.elsewhere_url,
                      "users": list(USERS), "password": PASSWORD}), flush=True)
    while sys.stdin.read(1):  # lives as long as the process that started it
        pass


if __name__ == "__main__":
    main()
