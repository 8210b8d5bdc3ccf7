"""Requests that no honest client makes, and the statuses that may answer each."""

import base64
import gzip
import hashlib
import hmac
import json
import os
import struct

from team_server import event

CLOSED = None  # the connection ends without an answer
POST = "/api/v1/events/batch/"


def request(method, target, fields=(), body=b"", version="HTTP/1.1", host="Host: 127.0.0.1"):
    lines = [f"{method} {target} {version}", *([host] if host else []), *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def json_post(token, body, *more):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request("POST", POST, [f"Authorization: Bearer {token}", f"Content-Length: {len(raw)}",
                                  *(more or ["Content-Type: application/json"])], raw)


def zipped(token, raw, coding="gzip"):
    return json_post(token, raw, "Content-Type: application/json", f"Content-Encoding: {coding}")


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(head, key=b"", **claims):
    signed = part(head) + "." + part({"sub": "ann", "team_slug": "alpha", "role": "admin",
                                      "exp": 2**33, "gen": 1, "aud": "spec-kitty"} | claims)
    return signed + "." + part(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def ask(token, path="/api/v1/clock/", *fields):
    return request("GET", path, [f"Authorization: Bearer {token}", *fields])


def heads():
    """Of the request line and the header fields."""
    get = "GET /api/v1/ HTTP/1.1\r\nHost: a\r\n"
    yield "no colon", (get + "nonsense\r\n\r\n").encode(), {400}
    yield "a space before the colon", (get + "Accept : x\r\n\r\n").encode(), {400}
    yield "a folded line", (get + "Accept: x\r\n y\r\n\r\n").encode(), {400}
    yield "a NUL", (get + "Accept: \0\r\n\r\n").encode(), {400}
    yield "a bare CR", (get + "Accept: a\rb: c\r\n\r\n").encode(), {400}
    yield "lines that end with LF", b"GET /api/v1/ HTTP/1.1\nHost: a\n\n", {400}
    yield "a head of 20 KiB", (get + "X: " + "x" * 20480 + "\r\n\r\n").encode(), {431}
    yield "200 fields", (get + "X: x\r\n" * 200 + "\r\n").encode(), {431}
    yield "a target of 8 KiB", request("GET", "/" + "x" * 8192), {414}
    yield "HTTP/0.9", b"GET /\r\n\r\n", {400}
    yield "HTTP/3.0", request("GET", "/", version="HTTP/3.0"), {400, 505}
    yield "HTTP/2 by prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}
    yield "TLS on the plain port", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(160), {
        400, CLOSED}
    yield "no Host", request("GET", "/api/v1/", host=""), {400}
    yield "two Hosts", request("GET", "/api/v1/", ["Host: b"]), {400}
    yield "a page for another Host", request("GET", "/link/" + "A" * 43,
                                             host="Host: evil.example"), {400, 403, 404, 421}
    yield "CONNECT", request("CONNECT", "example.com:443"), {400, 404, 405, 501}
    yield "TRACE", request("TRACE", "/api/v1/"), {400, 405, 501}
    yield "OPTIONS *", request("OPTIONS", "*"), {400, 404, 405}
    yield "an expectation that nobody has", request("GET", "/api/v1/", ["Expect: x"]), {417}
    yield "the way up", request("GET", "/../../etc/passwd"), {400, 404}
    yield "the way up, encoded", request("GET", "/%2e%2e/%2e%2e/etc/passwd"), {400, 404}
    yield "an encoded NUL", request("GET", "/api/v1/%00"), {400, 404}
    yield "control characters in the target", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", {400}


def framings(token):
    """Of a body's length."""
    head = ["Content-Type: application/json", f"Authorization: Bearer {token}"]

    def post(*fields, body=b"{}"):
        return request("POST", POST, [*head, *fields], body)

    yield "two lengths", post("Content-Length: 2", "Content-Length: 3"), {400}
    yield "a length and chunks", post("Content-Length: 2", "Transfer-Encoding: chunked"), {400}
    yield "an unknown coding", post("Transfer-Encoding: xchunked"), {400, 501}
    yield "chunks twice", post("Transfer-Encoding: chunked, chunked"), {400, 501}
    for size in ("FFFFFFFFFFFFFFFFF", "-1", "0x2", "2 ", "2;" + "x" * 30000):
        yield f"a chunk of {size[:20]}", post(
            "Transfer-Encoding: chunked", body=size.encode() + b"\r\n{}\r\n0\r\n\r\n"), {400, 413,
                                                                                      431}
    yield "a chunk without its end", post("Transfer-Encoding: chunked", body=b"2\r\n{}XX0\r\n\r\n"), {
        400}
    yield "no length", request("POST", POST, head), {400, 411}
    for length in ("-2", "+2", "2,2", "0x2", "2 2", "18446744073709551618"):
        yield f"a length of {length}", post(f"Content-Length: {length}"), {400, 413}
    yield "a length of a terabyte", post("Content-Length: 1000000000000"), {413}


def bodies(token):
    bomb = gzip.compress(b" " * (48 << 20), 9)
    yield "a gzip bomb", zipped(token, bomb), {400, 413}
    yield "half a gzip", zipped(token, gzip.compress(os.urandom(5000))[:2000]), {400}
    yield "gzip and more", zipped(token, gzip.compress(b'{"events":[]}') + b"more"), {400}
    yield "no gzip", zipped(token, b'{"events":[]}'), {400}
    yield "gzip twice", zipped(token, gzip.compress(gzip.compress(b"{}")), "gzip, gzip"), {415}
    yield "brotli", zipped(token, b"x", "br"), {415}
    yield "another type", json_post(token, b"{}", "Content-Type: text/plain"), {415}
    yield "no JSON", json_post(token, b"{"), {400}
    yield "nothing", json_post(token, b""), {400}
    yield "deep JSON", json_post(token, b'{"events":' + b"[" * 100000 + b"]" * 100000 + b"}"), {400}
    yield "a deep event", json_post(token, b'{"events":[' + b'{"a":' * 5000 + b"1" + b"}" * 5000
                                    + b"]}"), {200, 400}
    yield "a million events", zipped(token, gzip.compress(
        b'{"events":[' + b",".join([b"{}"] * 1000000) + b"]}")), {413, 400}
    yield "a list", json_post(token, b"[]"), {400}
    yield "a byte order mark", json_post(token, b"\xef\xbb\xbf{\"events\":[]}"), {400}
    yield "no UTF-8", json_post(token, b'{"events":["\xff\xfe"]}'), {200, 400}
    yield "a number beyond all", json_post(token, b'{"events":[{"lamport_clock":1e999}]}'), {200,
                                                                                             400}
    yield "a stamp of 2^64", json_post(token, {"events": [event(1, stamp=2**64)]}), {200, 400}
    yield "a key of a megabyte", json_post(token, b'{"' + b"k" * 1000000 + b'":1}'), {400}


def identities(token, other):
    """Of who asks. `other` is a token of the team beta."""
    none = {"alg": "none", "typ": "JWT"}
    yield "alg none", ask(forged(none)), {401}
    yield "alg none without a signature", ask(forged(none).rsplit(".", 1)[0] + "."), {401}
    yield "an empty key", ask(forged({"alg": "HS256", "kid": ""})), {401}
    yield "a key id that is a path", ask(forged({"alg": "HS256", "kid": "../../dev/null"})), {401}
    yield "another algorithm", ask(forged({"alg": "RS256"}, b"secret")), {401}
    yield "a guessed key", ask(forged({"alg": "HS256", "kid": "1"}, b"secret")), {401}
    yield "a token of 8 KiB", ask("x" * 8192), {401}
    yield "two tokens", ask("x", "/api/v1/clock/", f"Authorization: Bearer {token}"), {400, 401}
    yield "a token in the URL", request("GET", f"/api/v1/clock/?access_token={token}"), {401}
    yield "another team by name", ask(other, "/api/v1/clock/", "X-Team-Slug: alpha"), {403}
    yield "another team's events", json_post(other, {"events": [event(2)]}), {200, 403}
    yield "a team that is not", ask(other, "/api/v1/clock/", "X-Team-Slug: nowhere"), {403}
    yield "a form from elsewhere", request(
        "POST", "/link/" + "A" * 43, ["Origin: https://evil.example", "Content-Length: 1",
                                      "Content-Type: application/x-www-form-urlencoded"], b"x"), {
                                          400, 403, 404, 421}
    yield "a password of a megabyte", request(
        "POST", "/api/v1/token/", ["Content-Type: application/json", "Content-Length: 1000032"],
        b'{"username":"ann","password":"' + b"x" * 1000000 + b'"}'), {400, 401, 413, 429, 503}


def upgrade(token, *fields, path="/ws/v1/events/"):
    return request("GET", path, [*([f"Authorization: Bearer {token}"] if token else []),
                                 "Connection: Upgrade", "Upgrade: websocket", *fields])


WS = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def handshakes(token):
    yield "a socket without a key", upgrade(token, WS[0]), {400, 401}
    yield "a socket of version 8", upgrade(token, "Sec-WebSocket-Version: 8", WS[1]), {400, 401,
                                                                                       426}
    yield "a socket with the token in the URL", upgrade(
        "", *WS, path="/ws/v1/events/?token=" + token), {401}
    yield "a socket with a bearer token", upgrade(token, *WS), {401}
    yield "a socket elsewhere", upgrade(token, *WS, path="/api/v1/"), {200, 400, 404, 426}


def frame(first, payload, masked=True, length=None):
    head = bytes([first])
    size = len(payload) if length is None else length
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def frames():
    """Sent over a socket that was opened; each must end it, or change nothing."""
    yield "a frame of 2^62 bytes", frame(0x81, b"", length=2**62)
    yield "a message over the limit", frame(0x81, b"x" * 2000000)
    yield "a frame without a mask", frame(0x81, b"{}", masked=False)
    yield "reserved bits", frame(0xF1, b"{}")
    yield "an unknown opcode", frame(0x83, b"{}")
    yield "a continuation of nothing", frame(0x80, b"{}")
    yield "a ping in pieces", frame(0x09, b"x")
    yield "a ping of 200 bytes", frame(0x89, b"x" * 200)
    yield "text that breaks UTF-8", frame(0x81, b"\xff\xfe")
    yield "a close of one byte", frame(0x88, b"x")
    yield "a close with code 1005", frame(0x88, struct.pack(">H", 1005))
    yield "a flood of pings", frame(0x89, b"x") * 5000
    yield "a thousand pieces", frame(0x01, b"{") + frame(0x00, b" ") * 1000
    yield "no JSON", frame(0x81, b"{") * 50
