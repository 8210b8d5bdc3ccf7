"""Speaks with a server as the Python client of February 2026 does, byte for byte.

Usage: older_client.py URL USERNAME, with the password on stdin. Ends with 1 and a line on stderr
where the server answers otherwise than that client needs.

That client sends neither X-Team-Slug, nor Idempotency-Key, nor Spec-Kitty-Protocol; its JSON has
blanks behind commas and colons; its events carry `"team_slug": "local"` and times that end in
`+00:00`, without a fraction when the microseconds are 0; its login and its token calls are made by
httpx, its batches by requests, its WebSocket by websockets.
"""

import base64
import gzip
import json
import os
import socket
import struct
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 20


def fail(what: str) -> None:
    sys.exit(f"older_client.py: {what}")


class Connection:
    """A connection that reads whole replies and frames, and nothing beyond."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), TIMEOUT_S)
        self.buffer = b""

    def more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            fail("the server closed the connection")
        self.buffer += piece

    def take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def head(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        raw, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = raw.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, value in
                  (line.split(":", 1) for line in lines)}
        return int(first.split()[1]), fields

    def reply(self) -> tuple[int, dict]:
        status, fields = self.head()
        body = self.take(int(fields.get("content-length", "0")))
        if fields.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if not fields.get("content-type", "").startswith("application/json"):
            fail(f"status {status} with the type {fields.get('content-type')}")
        return status, json.loads(body)


class OlderClient:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.place = (parts.hostname or "", parts.port or 80)
        self.host = f"{self.place[0]}:{self.place[1]}"
        self.number = 0

    def ask(self, request: bytes) -> tuple[int, dict]:
        connection = Connection(*self.place)
        connection.socket.sendall(request)
        return connection.reply()

    def by_httpx(self, path: str, body: bytes, more: str = "") -> tuple[int, dict]:
        typed = "Content-Type: application/json\r\n" if body else ""
        head = (f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept: */*\r\n"
                "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
                f"User-Agent: python-httpx/0.28.1\r\n{more}"
                f"Content-Length: {len(body)}\r\n{typed}\r\n")
        return self.ask(head.encode() + body)

    def batch(self, access: str, events: list[dict], packed: bool = True) -> tuple[int, dict]:
        body = json.dumps({"events": events}).encode()
        coding = ""
        if packed:
            body = gzip.compress(body)
            coding = "Content-Encoding: gzip\r\n"
        head = (f"POST /api/v1/events/batch/ HTTP/1.1\r\nHost: {self.host}\r\n"
                "User-Agent: python-requests/2.32.3\r\nAccept-Encoding: gzip, deflate\r\n"
                f"Accept: */*\r\nConnection: keep-alive\r\nAuthorization: Bearer {access}\r\n"
                f"{coding}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        return self.ask(head.encode() + body)

    def event(self, **changed: object) -> dict:
        self.number += 1
        event = {
            "event_id": "01KGYZ" + str(self.number).rjust(20, "0"),
            "event_type": "WPStatusChanged",
            "aggregate_id": "WP01",
            "aggregate_type": "WorkPackage",
            "payload": {"wp_id": "WP01", "previous_status": "planned", "new_status": "doing",
                        "changed_by": "user", "feature_slug": "001-demo"},
            "node_id": "0123456789ab",
            "lamport_clock": self.number,
            "causation_id": None,
            "timestamp": "2026-02-12T10:00:00+00:00",
            "team_slug": "local",
            "project_uuid": "8c9d6e52-8f0e-4c0e-9f5f-0a6c4c4f2d11",
            "project_slug": "demo",
        }
        event.update(changed)
        return event


def frame_of(text: bytes) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
    size = struct.pack("!B", 0x80 | len(text)) if len(text) < 126 else (
        struct.pack("!BH", 0x80 | 126, len(text)))
    return b"\x81" + size + mask + masked


def next_message(connection: Connection) -> dict:
    while True:
        first, size = connection.take(2)
        if size == 126:
            (size,) = struct.unpack("!H", connection.take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", connection.take(8))
        body = connection.take(size)
        if first == 0x81:
            return json.loads(body)
        if first not in (0x89, 0x8A):
            fail(f"a frame that begins with {first:#x}")


def expect(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        fail(f"{what}: {found!r} instead of {wanted!r}")


def statuses(reply: tuple[int, dict]) -> list[str]:
    expect(reply[0], 200, f"a batch ({reply[1]})")
    return [result["status"] for result in reply[1]["results"]]


def try_batches(client: OlderClient, access: str) -> None:
    first = client.event()
    expect(statuses(client.batch(access, [first])), ["success"], "a batch")
    expect(statuses(client.batch(access, [first])), ["duplicate"], "the same batch again")
    restamped = dict(first, lamport_clock=900)
    expect(statuses(client.batch(access, [restamped])), ["duplicate"], "a restamped event")
    times = ["2026-02-12T10:00:00.000001+00:00", "2026-02-12T10:00:00Z", "2026-02-12T10:00:00.5Z"]
    events = [client.event(timestamp=time) for time in times]
    events.append(client.event(correlation_id="01KGYZ" + "9" * 20, schema_version="1.0.0",
                               data_tier=0, git_branch="main"))
    no_team = client.event()
    del no_team["team_slug"]
    expect(statuses(client.batch(access, events + [no_team])), ["success"] * 5, "older forms")
    mixed = client.batch(access, [client.event(), client.event(payload={}), client.event()])
    expect(statuses(mixed), ["success", "rejected", "success"], "a bad event among good ones")
    status, body = client.batch(access, [], packed=False)
    expect(status, 400, "its probe with an empty list")
    if "No events provided" not in json.dumps(body):
        fail(f"its probe finds no reason that it knows: {body}")
    expect(client.batch("x.y.z", [client.event()])[0], 401, "a forged token")


def try_websocket(client: OlderClient, access: str) -> None:
    status, body = client.by_httpx("/api/v1/ws-token/", b"", f"Authorization: Bearer {access}\r\n")
    expect(status, 200, "the token for a WebSocket")
    connection = Connection(*client.place)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.socket.sendall(
        (f"GET /ws/v1/events/ HTTP/1.1\r\nHost: {client.host}\r\nUpgrade: websocket\r\n"
         f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
         f"Authorization: Bearer {body['ws_token']}\r\n"
         "User-Agent: Python/3.11 websockets/15.0.1\r\n\r\n").encode())
    expect(connection.head()[0], 101, "the upgrade")
    snapshot = next_message(connection)
    expect(snapshot["type"], "snapshot", "the first message")
    expect([row["wp_id"] for row in snapshot["work_packages"]], ["WP01"], "the snapshot")
    own = client.event()
    connection.socket.sendall(frame_of(json.dumps({"type": "event", **own}).encode()))
    message = next_message(connection)
    expect((message["type"], message.get("event_id")), ("ack", own["event_id"]), "the answer")
    other = client.event()
    expect(statuses(client.batch(access, [other])), ["success"], "a batch beside the WebSocket")
    message = next_message(connection)
    expect((message["type"], message["event"]["event_id"], message["event"]["timestamp"]),
           ("event", other["event_id"], other["timestamp"]), "an event of another connection")


def main() -> None:
    url, username = sys.argv[1:]
    password = sys.stdin.readline().rstrip("\n")
    client = OlderClient(url)
    login = json.dumps({"username": username, "password": password}, separators=(",", ":"))
    status, tokens = client.by_httpx("/api/v1/token/", login.encode())
    expect(status, 200, "a login")
    wrong = json.dumps({"username": username, "password": "wrong"}, separators=(",", ":"))
    expect(client.by_httpx("/api/v1/token/", wrong.encode())[0], 401, "a wrong password")
    renew = json.dumps({"refresh": tokens["refresh"]}, separators=(",", ":"))
    status, renewed = client.by_httpx("/api/v1/token/refresh/", renew.encode())
    expect(status, 200, "a refresh")
    access = renewed["access"]
    try_batches(client, access)
    try_websocket(client, access)


if __name__ == "__main__":
    main()
