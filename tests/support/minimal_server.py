"""A sync server as small as docs/protocol.md lets it be, written from that page alone: logins,
batches, the WebSocket. It offers nothing, tells no clock, and answers 404 to all else.

    with MinimalServer() as server: … server.url, server.events, server.asked
"""

import base64
import gzip
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "a password for tests"
TEAM = "tea"
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def claims(values):
    """A JWT as far as a client reads it."""
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none'})}.{part(values)}.{secrets.token_urlsafe(8)}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return self.server.date or super().date_time_string(timestamp)

    def reply(self, status, body, fields=()):
        packed = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(packed)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(packed)

    def bearer(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def do_GET(self):
        self.server.asked.append((self.path, None))
        if self.path == "/ws/v1/events/" and self.bearer() in self.server.ws_tokens:
            self.speak()
        elif self.path == "/ws/v1/events/":
            self.reply(401, {"detail": "a token that is not known"})
        else:
            self.reply(404, {"detail": "not found"})

    def do_POST(self):
        server = self.server
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        body = json.loads(raw) if raw else {}
        server.asked.append((self.path, body))
        if self.path == "/api/v1/token/":
            known = body == {"username": "ann", "password": PASSWORD}
            self.reply(*(200, server.tokens()) if known else (401, {"detail": "wrong"}))
        elif self.path == "/api/v1/token/refresh/":
            known = body.get("refresh") in server.refresh_tokens
            server.refresh_tokens.discard(body.get("refresh"))
            self.reply(*(200, server.tokens()) if known else (401, {"detail": "over"}))
        elif self.path in ("/api/v1/ws-token/", "/api/v1/events/batch/") and (
                self.bearer() not in server.access_tokens):
            self.reply(401, {"detail": "a token that is not known"})
        elif self.path == "/api/v1/ws-token/":
            server.ws_tokens.add(token := secrets.token_urlsafe(16))
            self.reply(200, {"ws_token": token})
        elif self.path == "/api/v1/events/batch/" and server.pauses:
            self.reply(429, {"detail": "later"}, [("Retry-After", server.pauses.pop(0))])
        elif self.path == "/api/v1/events/batch/":
            self.reply(200, {"results": [server.take(event) for event in body["events"]]})
        else:
            self.reply(404, {"detail": "not found"})

    # The WebSocket (RFC 6455): texts, one frame each.

    def speak(self):
        accept = hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + ACCEPT).digest()
        self.send_response_only(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"),
                            ("Sec-WebSocket-Accept", base64.b64encode(accept).decode())):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        self.send_frame(0x1, json.dumps({"type": "snapshot", "work_packages": []}).encode())
        try:
            while self.hear_frame():
                pass
        except (OSError, ValueError):
            pass

    def send_frame(self, kind, body):
        size = len(body)
        head = bytes([0x80 | kind]) + (bytes([size]) if size < 126 else
                                       bytes([126]) + size.to_bytes(2, "big"))
        self.wfile.write(head + body)
        self.wfile.flush()

    def hear_frame(self):
        first, size = self.rfile.read(2)
        size &= 0x7F
        if size >= 126:
            size = int.from_bytes(self.rfile.read(2 if size == 126 else 8), "big")
        mask = self.rfile.read(4)
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(size)))
        kind = first & 0x0F
        if kind == 0x9:
            self.send_frame(0xA, body)
        if kind == 0x1:
            event = json.loads(body)
            if "event_id" in event:
                self.server.take(event)
                self.server.by_socket.append(event["event_id"])
                self.send_frame(0x1, json.dumps({"type": "ack",
                                                 "event_id": event["event_id"]}).encode())
        return kind != 0x8


class MinimalServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lifetime = 900
        self.date = None      # the Date of every reply, where it shall be another one
        self.pauses = []      # Retry-After of the next batches
        self.asked = []
        self.events = {}      # in the order of arrival
        self.by_socket = []
        self.access_tokens, self.refresh_tokens, self.ws_tokens = set(), set(), set()
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def tokens(self):
        access, refresh = claims({"team_slug": TEAM}), secrets.token_urlsafe(16)
        self.access_tokens.add(access)
        self.refresh_tokens.add(refresh)
        return {"access": access, "refresh": refresh, "access_lifetime": self.lifetime}

    def take(self, event):
        with self.lock:
            known = event["event_id"] in self.events
            self.events.setdefault(event["event_id"], event)
        return {"event_id": event["event_id"], "status": "duplicate" if known else "success"}
