"""Listeners that come back at once, over plain sockets and one epoll, so that the server is measured
and not its clients: each asks for a token, connects, and resumes some events behind the newest."""

import base64
import json
import os
import re
import selectors
import socket
import struct
import time

EVENT = b'{"type":"event"'
FRAME_TEXT, FRAME_MASKED = 0x81, 0x80


def masked_frame(text):
    """A text frame of a client (RFC 6455, 5.2)."""
    body = text.encode()
    size = (bytes([FRAME_MASKED | len(body)]) if len(body) < 126
            else bytes([FRAME_MASKED | 126]) + struct.pack(">H", len(body)))
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
    return bytes([FRAME_TEXT]) + size + mask + masked


class Listener:
    def __init__(self, token):
        self.token = token  # of its session, then that of its WebSocket
        self.state = "token"
        self.socket = None
        self.unread = b""
        self.events = 0

    def greeting(self):
        if self.state == "token":
            return ("POST /api/v1/ws-token/ HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n"
                    f"Connection: close\r\nAuthorization: Bearer {self.token}\r\n\r\n")
        key = base64.b64encode(os.urandom(16)).decode()
        return ("GET /ws/v1/events/ HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSpec-Kitty-Extensions: resume\r\n"
                f"Authorization: Bearer {self.token}\r\n\r\n")


class Returning:
    """`known`: number and id of the event that all of them know; `behind`: so many come after it."""

    def __init__(self, port, known, behind):
        self.port = port
        self.known = known
        self.behind = behind
        self.select = selectors.EpollSelector()
        self.open = 0
        self.start = time.monotonic()
        self.first = []  # seconds until a listener had its first event
        self.complete = []  # and all of them
        self.trouble = []

    def run(self, tokens, patience=120):
        """One listener for each token, all at once."""
        self.start = time.monotonic()
        for token in tokens:
            self.open += 1
            self.connect(Listener(token))
        while self.open and time.monotonic() < self.start + patience:
            for key, mask in self.select.select(1):
                try:
                    self.go_on(key.data, mask)
                except OSError as why:
                    self.give_up(key.data, str(why))
        if self.open:
            self.trouble.append(f"{self.open} did not have all after {patience} s")

    def connect(self, listener):
        listener.socket = socket.socket()
        listener.socket.setblocking(False)
        listener.socket.connect_ex(("127.0.0.1", self.port))
        listener.unread = b""
        self.select.register(listener.socket, selectors.EVENT_WRITE, listener)

    def disconnect(self, listener):
        self.select.unregister(listener.socket)
        listener.socket.close()

    def give_up(self, listener, why):
        self.trouble.append(f"{listener.state}: {why}"[:200])
        self.disconnect(listener)
        self.open -= 1

    def go_on(self, listener, mask):
        if mask & selectors.EVENT_WRITE:
            listener.socket.send(listener.greeting().encode())
            self.select.modify(listener.socket, selectors.EVENT_READ, listener)
            return
        got = listener.socket.recv(1 << 17)
        if listener.state == "events":
            return self.count(listener, got)
        listener.unread += got
        found = re.search(rb'"ws_token":"([^"]+)"' if listener.state == "token"
                          else rb'"type":"snapshot".*"log":"(\w+)"', listener.unread)
        if found and listener.state == "token":
            self.disconnect(listener)
            listener.token = found.group(1).decode()
            listener.state = "snapshot"
            self.connect(listener)
        elif found:
            listener.socket.send(masked_frame(json.dumps(
                {"type": "resume", "log": found.group(1).decode(), "known": [self.known]})))
            listener.state = "events"
            listener.unread = b""
        elif not got:
            self.give_up(listener, "ended after " + repr(listener.unread[-150:]))

    def count(self, listener, got):
        if not got:
            return self.give_up(listener, f"ended after {listener.events} events")
        text = listener.unread + got
        fresh = text.count(EVENT)
        listener.unread = text[-(len(EVENT) - 1):]  # a mark may be cut between two reads
        now = time.monotonic() - self.start
        if fresh and not listener.events:
            self.first.append(now)
        listener.events += fresh
        if listener.events >= self.behind:
            self.complete.append(now)
            self.disconnect(listener)
            self.open -= 1
