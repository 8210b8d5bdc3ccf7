"""A WebSocket server on bare sockets that plays one of its plays, byte by byte; for the tests.

  hostile_ws.py PLAY [--address ADDRESS]

First line on stdout: {"port","elsewhere"}; `elsewhere` is another origin, which only counts. Then a
line for what happens: {"request": HEAD}, {"text": …}, {"close": code}, {"end": "…"} and so on. A line
on stdin lets a play that waits for one go on; the end of stdin ends the server.
"""

import base64
import hashlib
import json
import socket
import struct
import sys
import threading

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG, MORE = 1, 2, 8, 9, 10, 0
output_lock = threading.Lock()
go_on = threading.Semaphore(0)


def say(**what):
    with output_lock:
        print(json.dumps(what), flush=True)


def frame(op, payload=b"", fin=True, reserved=0, mask=None):
    head = bytes([(0x80 if fin else 0) | reserved << 4 | op])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if mask:
        head += mask
        payload = bytes(b ^ mask[i & 3] for i, b in enumerate(payload))
    return head + payload


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


class Peer:
    def __init__(self, sock, elsewhere):
        self.sock, self.elsewhere, self.left = sock, elsewhere, b""
        self.key = ""

    def more(self):
        got = self.sock.recv(65536)
        if not got:
            raise EOFError
        self.left += got

    def take(self, count):
        while len(self.left) < count:
            self.more()
        out, self.left = self.left[:count], self.left[count:]
        return out

    def read_request(self):
        while b"\r\n\r\n" not in self.left:
            self.more()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        head = head.decode()
        for line in head.split("\r\n"):
            if line.lower().startswith("sec-websocket-key:"):
                self.key = line.split(":", 1)[1].strip()
        say(request=head)

    def answer(self, accept=None, more=""):
        if accept is None:
            accept = base64.b64encode(hashlib.sha1((self.key + GUID).encode()).digest()).decode()
        return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\n%s\r\n" % (accept, more)).encode()

    def send(self, *parts):
        self.sock.sendall(b"".join(parts))

    def read_frame(self):
        first, second = self.take(2)
        size = second & 127
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        if not second & 128:
            say(violation="a frame without a mask")
        mask = self.take(4)
        payload = self.take(size)
        key = int.from_bytes(mask * (size // 4 + 1), "big") >> 8 * (4 * (size // 4 + 1) - size)
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big") if size else b""
        return first & 15, first >> 7, payload

    def listen(self, pong=True, echo=False):
        """Tells of every frame until the end; answers PINGs, closes as one should."""
        texts = 0
        while True:
            op, fin, payload = self.read_frame()
            if op in (TEXT, MORE):
                texts += fin
                say(text=payload.decode() if len(payload) < 1000 else len(payload), fin=fin)
                if echo:
                    self.send(frame(TEXT, payload))
            elif op == PING:
                say(ping=len(payload))
                if pong:
                    self.send(frame(PONG, payload))
            elif op == PONG:
                say(pong=payload.decode())
            elif op == CLOSE:
                say(close=struct.unpack(">H", payload[:2])[0] if payload else 0)
                say(texts=texts)
                self.send(frame(CLOSE, payload))
                return

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


PLAYS = {}


def play(name):
    def keep(act):
        PLAYS[name] = act
        return act
    return keep


def opened(name, *bytes_after, then=lambda peer: peer.listen()):
    """A play that accepts the upgrade, sends some bytes, and listens."""
    def act(peer):
        peer.read_request()
        peer.send(peer.answer(), *bytes_after)
        then(peer)
    PLAYS[name] = act


def refusal(name, reply):
    def act(peer):
        peer.read_request()
        peer.send(reply(peer) if callable(reply) else reply)
    PLAYS[name] = act


def hang_up(_):
    pass


SNAPSHOT = frame(TEXT, b'{"type":"snapshot"}')
opened("snapshot_and_echo", SNAPSHOT, then=lambda peer: peer.listen(echo=True))
opened("silent_after", then=lambda peer: peer.listen(pong=False))
opened("pongs")
opened("half_a_frame", frame(TEXT, b"x" * 100)[:50], then=hang_up)
opened("hang_up", then=hang_up)
opened("reset", SNAPSHOT, then=Peer.reset)
opened("fragments", frame(TEXT, b"on", fin=False), frame(PING, b"in between"),
       frame(MORE, b"", fin=False), frame(MORE, b"e"), frame(TEXT, b"two"))
opened("euro_cut", frame(TEXT, b"\xe2\x82", fin=False), frame(MORE, b"\xac"))
opened("big", frame(TEXT, b"b" * (2 << 20)))
opened("over_the_limit", frame(TEXT, b"b" * 2000))
opened("over_in_fragments", *[frame(TEXT if n == 0 else MORE, b"b" * 300, fin=False)
                              for n in range(5)])
opened("bad_utf8", frame(TEXT, b"ab\xc0\xaf"))
opened("bad_utf8_cut", frame(TEXT, b"\xe2\x82", fin=False), frame(MORE, b"\x28"))
opened("surrogate", frame(TEXT, b"\xed\xa0\x80"))
opened("unfinished_utf8", frame(TEXT, b"a\xf0\x9f\x98"))
opened("binary", frame(BINARY, b"\0\1"))
opened("masked", frame(TEXT, b"under a mask", mask=b"abcd"))
opened("reserved_bits", frame(TEXT, b"x", reserved=4))
opened("unknown_opcode", frame(5, b"x"))
opened("lonely_continuation", frame(MORE, b"x"))
opened("text_in_text", frame(TEXT, b"x", fin=False), frame(TEXT, b"y"))
opened("cut_ping", frame(PING, b"x", fin=False))
opened("long_ping", frame(PING, b"x" * 126))
opened("close_1000", close_frame(1000, b"done"))
opened("close_1001", close_frame(1001, b"restart"))
opened("close_4401", close_frame(4401, b"token\x1b[31m over"))
opened("close_tells_token", close_frame(4401, b"bad token secret-token"))
opened("close_bare", close_frame())
refusal("wrong_accept", lambda peer: peer.answer(accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="))
refusal("bare_101", b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
refusal("unasked_extension", lambda peer: peer.answer(
    more="Sec-WebSocket-Extensions: permessage-deflate\r\n"))
refusal("half_a_reply", b"HTTP/1.1 101 Switching Protocols\r\nUpgr")
refusal("half_a_refusal", b"HTTP/1.1 503 Service Una")
refusal("nothing", b"")
refusal("garbage", b"\x16\x03\x01garbage\r\nmore of it\r\n\r\n")
refusal("ssh", b"SSH-2.0-OpenSSH_9\r\n\r\n")
for _status in (200, 401, 403, 404, 429, 500, 503):
    refusal("status_%d" % _status, b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\n{}" % _status)
refusal("status_json", b"HTTP/1.1 401 No\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
        b"Content-Length: 2\r\n\r\n{}")
refusal("redirect", lambda peer: ("HTTP/1.1 302 Found\r\nLocation: %s/ws\r\nContent-Length: 0\r\n\r\n"
                                  % peer.elsewhere).encode())


@play("silent_before")
def _(peer):
    peer.read_request()
    peer.more()


@play("drip")
def _(peer):
    """An answer that never ends: a header line every 50 ms."""
    peer.read_request()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    peer.sock.settimeout(0.05)
    while True:
        try:
            peer.more()
        except TimeoutError:
            peer.send(b"X-Drip: y\r\n")


@play("reads_later")
def _(peer):
    peer.read_request()
    peer.send(peer.answer())
    go_on.acquire()
    peer.listen()


@play("flood")
def _(peer):
    """64 MB in texts of 64 KB, each with its number; tells what it could send so far."""
    peer.read_request()
    peer.send(peer.answer())
    peer.sock.settimeout(0.3)
    sent = 0
    for number in range(1024):
        rest = frame(TEXT, b"%05d" % number + b"f" * 65531)
        while rest:
            try:
                rest = rest[peer.sock.send(rest):]
            except TimeoutError:
                if sent >= 0:
                    say(stuck_at=number)
                    sent = -1
    say(all_sent=True)
    peer.sock.settimeout(None)
    peer.listen()


@play("pings_only")
def _(peer):
    """Never answers a PING, but sends its own: a sign of life all the same."""
    peer.read_request()
    peer.send(peer.answer())
    peer.sock.settimeout(0.05)
    pings = 0
    while True:
        try:
            op, _, _ = peer.read_frame()
            pings += op == PING
            if op == PING and pings == 4:
                say(pinged=pings)
        except TimeoutError:
            peer.send(frame(PING, b"p"))


def open_listener(address, port=0):
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.bind((address, port))
    listener.listen(64)
    return listener, listener.getsockname()[1]


def serve(listener, meet):
    def meet_and_close(sock):
        with sock:
            try:
                meet(sock)
                if sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)[:4] == b"\0\0\0\0":
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
            except EOFError:
                say(end="hung up")
            except OSError as error:
                say(end=type(error).__name__)

    def run():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=meet_and_close, args=(sock,), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


def main():
    name = sys.argv[1]
    address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    listener, port = open_listener(address)
    other, other_port = open_listener("127.0.0.1")
    elsewhere = "http://127.0.0.1:%d" % other_port
    serve(other, lambda sock: say(elsewhere=sock.recv(65536).decode()))
    serve(listener, lambda sock: PLAYS[name](Peer(sock, elsewhere)))
    say(port=port, elsewhere=elsewhere)
    while sys.stdin.readline():
        go_on.release()


if __name__ == "__main__":
    main()
