#!/usr/bin/python3
"""A WebSocket server byte by byte: raw_ws.py PLAY. Prints its port, serves one connection, then
prints what it saw of the client as one JSON line.

Every play is a function of the connection; what a frame is made of is in frame().
"""
import base64
import hashlib
import json
import socket
import struct
import sys
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SNAPSHOT = b'{"type":"snapshot","work_packages":[]}'
PATIENCE_S = 20


def frame(op, payload=b"", fin=True, mask=False, rsv=0, length=None):
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | op])
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not mask:
        return head + payload
    key = b"\x01\x02\x03\x04"
    return head + key + bytes(c ^ key[i % 4] for i, c in enumerate(payload))


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


class Peer:
    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(PATIENCE_S)
        self.seen = {"head": "", "texts": [], "pings": 0, "closed_with": None}
        self.rest = b""

    def read_head(self):
        data = b""
        while b"\r\n\r\n" not in data:
            got = self.sock.recv(4096)
            if not got:
                return False
            data += got
        head, self.rest = data.split(b"\r\n\r\n", 1)
        self.seen["head"] = head.decode("latin-1")
        return True

    def accept_key(self):
        for line in self.seen["head"].split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "sec-websocket-key":
                return base64.b64encode(hashlib.sha1(value.strip().encode() + GUID).digest()).decode()
        return ""

    def upgrade(self, accept=None):
        self.read_head()
        self.send(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                   f"{accept or self.accept_key()}\r\n\r\n").encode())

    def send(self, data):
        self.sock.sendall(data)

    def take(self, size):
        while len(self.rest) < size:
            got = self.sock.recv(65536)
            if not got:
                raise EOFError
            self.rest += got
        out, self.rest = self.rest[:size], self.rest[size:]
        return out

    def read_frame(self):
        first, second = self.take(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        key = self.take(4) if second & 0x80 else b"\0\0\0\0"
        payload = bytes(c ^ key[i % 4] for i, c in enumerate(self.take(size)))
        return first & 0x0F, payload

    def drain(self, answer_pings=True):
        """Reads to the end, noting what comes."""
        try:
            while True:
                op, payload = self.read_frame()
                if op == TEXT:
                    self.seen["texts"].append(payload.decode())
                elif op == PING:
                    self.seen["pings"] += 1
                    if answer_pings:
                        self.send(frame(PONG, payload))
                elif op == CLOSE:
                    self.seen["closed_with"] = struct.unpack(">H", payload[:2])[0] if payload else 1005
                    self.send(frame(CLOSE, payload))
                    return
        except (OSError, EOFError):
            pass


def after_snapshot(*frames, drain=True):
    def play(peer):
        peer.upgrade()
        peer.send(frame(TEXT, SNAPSHOT))
        for one in frames:
            peer.send(one)
        if drain:
            peer.drain()
    return play


def refuse(status, more=""):
    def play(peer):
        peer.read_head()
        peer.send(f"HTTP/1.1 {status} No\r\n{more}Content-Length: 0\r\n\r\n".encode())
    return play


def raw_reply(text):
    def play(peer):
        peer.read_head()
        peer.send(text)
    return play


def echo(peer):
    peer.upgrade()
    peer.send(frame(TEXT, SNAPSHOT))
    op, payload = peer.read_frame()
    peer.seen["texts"].append(payload.decode())
    peer.send(frame(TEXT, payload))
    peer.drain()


def silent_before(peer):
    peer.read_head()
    time.sleep(PATIENCE_S)


def no_pongs(peer):
    peer.upgrade()
    peer.send(frame(TEXT, SNAPSHOT))
    peer.drain(answer_pings=False)


def reset(peer):
    peer.upgrade()
    peer.send(frame(TEXT, SNAPSHOT))
    peer.take(1)  # the client has sent something: a reset loses it
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def flood(peer):
    """64 MB in messages of 64 kB, as fast as they are taken."""
    peer.upgrade()
    text = frame(TEXT, b"x" * 65536)
    sent = 0
    peer.sock.settimeout(1)
    try:
        for _ in range(1024):
            peer.send(text)
            sent += 1
    except OSError:
        pass
    peer.seen["sent"] = sent


def reads_nothing_then_all(peer):
    peer.upgrade()
    peer.send(frame(TEXT, SNAPSHOT))
    time.sleep(1)
    peer.drain()


UMLAUT = "ü".encode()
PLAYS = {
    "echo": echo,
    "ping_between_fragments": after_snapshot(
        frame(TEXT, b"one ", fin=False), frame(PING, b"hi"), frame(0, b"two", fin=True)),
    "big": after_snapshot(frame(TEXT, b"x" * 2_000_000)),
    "too_big": after_snapshot(frame(TEXT, b"x" * 9_000_000)),
    "bad_utf8": after_snapshot(frame(TEXT, b"\xff\xfe")),
    "cut_utf8": after_snapshot(frame(TEXT, UMLAUT[:1], fin=False), frame(0, UMLAUT[1:])),
    "bad_utf8_over_fragments": after_snapshot(frame(TEXT, UMLAUT[:1], fin=False), frame(0, b"x")),
    "binary": after_snapshot(frame(BINARY, b"\0\1")),
    "masked": after_snapshot(frame(TEXT, b"masked", mask=True)),
    "reserved": after_snapshot(frame(TEXT, b"x", rsv=7)),
    "opcode": after_snapshot(frame(3, b"x")),
    "long_control": after_snapshot(frame(PING, b"x" * 126)),
    "close": after_snapshot(close_frame(1001, b"going away")),
    "close_4401": after_snapshot(close_frame(4401)),
    "close_plain": after_snapshot(frame(CLOSE)),
    "half_frame": after_snapshot(frame(TEXT, b"half", length=100), drain=False),
    "hang_up": after_snapshot(drain=False),
    "reset": reset,
    "silent_before": silent_before,
    "no_pongs": no_pongs,
    "wrong_accept": lambda peer: (peer.upgrade("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), peer.drain()),
    "redirect": refuse(302, "Location: http://127.0.0.1:1/\r\n"),
    "garbage": raw_reply(b"\x16\x03\x01 nonsense\r\n\r\n"),
    "half_reply": raw_reply(b"HTTP/1.1 101 Switching"),
    "flood": flood,
    "slow_reader": reads_nothing_then_all,
}
PLAYS.update({str(status): refuse(status) for status in (401, 403, 404, 429, 500, 503)})


def main():
    play = PLAYS[sys.argv[1]]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    peer = Peer(listener.accept()[0])
    try:
        play(peer)
    except (OSError, EOFError) as error:
        peer.seen["error"] = str(error)
    peer.sock.close()
    print(json.dumps(peer.seen), flush=True)


main()
