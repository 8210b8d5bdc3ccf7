"""Requests and replies on a raw socket, byte by byte: what hostile_faults.py plays with."""

import json
import socket
import struct
import time

LONGEST_SILENCE_S = 120
CRLF = b"\r\n"


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def json(self):
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


def read_request(sock, on_bytes):
    """The next request, or what came instead of one (bytes; empty at the end)."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(65536)
        if not chunk:
            return data
        on_bytes(chunk)
        data += chunk
        if not data[:1].isalpha():  # a TLS hello, for one: no line of HTTP begins like this
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3:
        return data
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    while len(body) < int(headers.get("content-length", 0)):
        chunk = sock.recv(65536)
        if not chunk:
            return data
        on_bytes(chunk)
        body += chunk
    return Request(words[0], words[1], headers, body)


def head_of(status, headers):
    return CRLF.join(["HTTP/1.1 {} Of The Tests".format(status).encode()] +
                     [(name + ": " + str(value)).encode() for name, value in headers]) + 2 * CRLF


def encode(body):
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(self, sock, request, world, use, elsewhere):
        self.sock, self.request, self.world = sock, request, world
        self.use = use              # how often the fault has been played before
        self.elsewhere = elsewhere  # URL of another origin
        self.keep = True            # the connection lives on

    # ── What a good server would do ───────────────────────────────────────────────────────────
    def correct(self):
        """Does what was asked; status and body of the reply."""
        world, request = self.world, self.request
        with world.lock:
            if request.path.endswith("/events/batch/"):
                return world.batch(request)
            if request.path.endswith("/token/refresh/"):
                return world.renew(request.json())
            if request.path.endswith("/token/"):
                return world.log_in(request.json())
            if request.path.endswith("/ws-token/"):
                return world.ws_token(request)
            if request.path.endswith("/clock/"):
                return world.clock(request)
        return 404, {"detail": "Not found."}

    def good(self):
        self.reply(*self.correct())

    def events(self):
        with self.world.lock:
            return self.world.events_of(self.request)

    def is_batch(self):
        return self.request.path.endswith("/events/batch/")

    def judge(self, verdict, **more):
        """Answers 200: `verdict(event)` is a result or None, and then the event is taken."""
        with self.world.lock:
            if self.world.user_of(self.request) is None:
                return self.good()
            results = []
            for event in self.events():
                result = verdict(event)
                if result is None:
                    result = self.world.take(event)
                else:
                    self.world.pass_over([event])
                results.append(result)
            body = {"results": results, "server_clock": self.world.server_clock}
        body.update(more)
        return self.reply(200, body)

    # ── Bytes ─────────────────────────────────────────────────────────────────────────────────
    def raw(self, data):
        self.sock.sendall(data)

    def reply(self, status, body=None, kind="application/json", headers=()):
        data = encode(body)
        fields = [("Content-Type", kind)] if kind else []
        self.raw(head_of(status, fields + [("Content-Length", len(data))] + list(headers)) + data)

    def end(self, data=b""):
        """Sends these bytes, then closes."""
        self.raw(data)
        self.keep = False

    def reset(self, data=b""):
        """Sends these bytes, then resets the connection."""
        self.raw(data)
        if data:
            time.sleep(0.05)  # a reset overtakes what the peer has not read
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        self.keep = False

    def hang(self, data=b""):
        """Sends these bytes, then nothing until the peer gives up."""
        self.raw(data)
        self.sock.settimeout(LONGEST_SILENCE_S)
        while self.sock.recv(65536):
            pass
        self.keep = False

    def drip(self, data, pause_s):
        """One byte at a time."""
        for byte in data:
            self.raw(bytes([byte]))
            time.sleep(pause_s)
        self.keep = False

    def flood(self, head, chunk, count):
        """`head`, then the same bytes again and again."""
        self.raw(head)
        for _ in range(count):
            self.raw(chunk)
        self.keep = False
