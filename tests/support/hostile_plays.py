"""What the server does in each fault: functions of an Exchange (hostile_wire.py)."""

import email.utils
import gzip
import json
import os
import time

from hostile_wire import LONGEST_SILENCE_S, encode, head_of

HTML = b"<html><body>Welcome! Please log in to the network.</body></html>"
ALIEN = {"event_id": "01ALIENALIENALIENALIENALIE", "status": "success"}
WHY = "entry_content: the word poison is not allowed"
CUT = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
       b'{"results":[{"event_id":"')
CHUNKED = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n")
NUMBER = b"0.00000000000000000001e-2147483639"  # CVE-2024-38517
NO_PATH, SILENT = object(), object()


def is_poison(event):
    return "poison" in str(event["payload"].get("entry_content", ""))


# ── Whole replies ─────────────────────────────────────────────────────────────────────────────────
def status(code, body=None, kind="application/json", headers=()):
    return lambda x: x.reply(code, body, kind, headers)


unauthorized = status(401, {"detail": "Given token not valid for any token type"})


def raw_end(data):
    return lambda x: x.end(data)


def redirect(code, same=False):
    return lambda x: x.reply(code, HTML, "text/html", [
        ("Location", x.request.path if same else x.elsewhere + x.request.path)])


def slow_down(retry_after):
    return status(429, {"detail": "throttled"},
                  headers=[] if retry_after is None else [("Retry-After", retry_after)])


def slow_down_date(seconds):
    return lambda x: slow_down(email.utils.formatdate(time.time() + seconds, usegmt=True))(x)


def second(play):
    return lambda x: play(x) if x.use == 1 else x.good()


def every_other(play):
    return lambda x: play(x) if x.use % 2 == 0 else x.good()


def late(play):
    """Does it only when POST /control/release has come."""
    def wait(x):
        x.world.gate.wait(LONGEST_SILENCE_S)
        play(x)
    return wait


def refresh_without_rotation(x):
    with x.world.lock:
        answer = x.world.renew(x.request.json(), rotate=False)
    x.reply(*answer)


# ── Refusals ──────────────────────────────────────────────────────────────────────────────────────
def refuse_poison(answer):
    """`answer(x, bad events)` when there are any; else a good server."""
    def play(x):
        bad = [event for event in x.events() if is_poison(event)]
        if not bad:
            return x.good()
        with x.world.lock:
            x.world.pass_over(bad)
        return answer(x, bad)
    return play


def refuse_named(x, events, form="list"):
    names = [{"event_id": event["event_id"], "error": WHY} for event in events]
    if form == "one":
        names = names[:1]
    if form == "aliens too":
        names = [{"event_id": ALIEN["event_id"], "error": WHY}, "x", None] + names
    details = {"text": lambda: json.dumps(names),
               "object": lambda: {event["event_id"]: WHY for event in events}}
    x.reply(400, {"error": "validation failed", "details": details.get(form, lambda: names)()})


def named(form):
    return refuse_poison(lambda x, bad: refuse_named(x, bad, form))


def named_all(x):
    x.world.pass_over(x.events())
    refuse_named(x, x.events())


def named_first(x):
    x.world.pass_over(x.events()[:1])
    refuse_named(x, x.events()[:1])


def named_aliens(x):
    refuse_named(x, [], "aliens too")


def unnamed(code, body=None, kind="application/json"):
    def words(bad):
        return {"error": WHY + ": " + bad[0]["payload"]["entry_content"]} if body is None else body
    return refuse_poison(lambda x, bad: x.reply(code, words(bad), kind))


def too_large(x, limits):
    x.reply(413, {"error": "payload too large"} if limits is None else
            {"error": "payload too large", "limits": limits})


def too_many(most, limits=None):
    return lambda x: too_large(x, limits) if len(x.events()) > most else x.good()


def too_big(most, limits=None):
    return lambda x: (too_large(x, limits) if len(gzip.decompress(x.request.body)) > most
                      else x.good())


def too_many_html(most):
    return lambda x: (x.reply(413, HTML, "text/html") if len(x.events()) > most else x.good())


too_large_poison = refuse_poison(lambda x, bad: too_large(x, None))
too_large_poison_html = refuse_poison(lambda x, bad: x.reply(413, HTML, "text/html"))


# ── Results ───────────────────────────────────────────────────────────────────────────────────────
def change(results):
    """A good server whose list of results is changed on its way."""
    def play(x):
        code, body = x.correct()
        if code == 200:
            body["results"] = results(body["results"])
        x.reply(code, body)
    return play


def then_errors(results):
    return results + [dict(result, status="error", error=WHY) for result in results]


def odd_first(results):
    return [dict(result, status="maybe") for result in results] + results


def word(status_word):
    return change(lambda results: [dict(result, status=status_word) for result in results])


def every(result):
    return lambda x: x.judge(lambda event: dict(result, event_id=event["event_id"]))


def poisoned(status_word, **more):
    def verdict(event):
        if not is_poison(event):
            return None
        return dict({"event_id": event["event_id"], "status": status_word}, **more)
    return lambda x: x.judge(verdict)


def half(x):
    with x.world.lock:
        events = x.events()
        results = [x.world.take(event) for event in events[:len(events) // 2]]
    x.reply(200, {"results": results})


def server_clock(value):
    def play(x):
        code, body = x.correct()
        if code == 200:
            body["server_clock"] = value
        x.reply(code, body)
    return play


def behind(bound, clock=None, **more):
    """clock_behind for stamps up to `bound`; the clock path says `clock`."""
    announced = bound if clock is None else clock

    def verdict(event):
        if event["lamport_clock"] > bound:
            return None
        return {"event_id": event["event_id"], "status": "error", "error_code": "clock_behind"}

    def play(x):
        if x.is_batch():
            x.world.server_clock = max(x.world.server_clock, min(bound, 500))
            x.judge(verdict, **more)
        elif announced is NO_PATH:
            x.reply(404, HTML, "text/html")
        elif announced is SILENT:
            x.hang()
        elif announced is HTML:
            x.reply(200, HTML, "text/html")
        else:
            x.reply(200, {"lamport_clock": announced})
    return play


# ── Replies that are right but for their form ─────────────────────────────────────────────────────
def kind(content_type):
    return lambda x: x.reply(*x.correct(), kind=content_type)


def zipped(x):
    code, body = x.correct()
    x.reply(code, gzip.compress(encode(body)), headers=[("Content-Encoding", "gzip")])


def slow(x):
    time.sleep(0.4)
    x.good()


def good_bytes(x, fields=()):
    code, body = x.correct()
    data = encode(body)
    return head_of(code, [("Content-Type", "application/json"), *fields,
                          ("Content-Length", len(data))]), data


def in_pieces(x):
    data = b"".join(good_bytes(x))
    step = max(1, len(data) // 50)
    for at in range(0, len(data), step):
        x.raw(data[at:at + step])
        time.sleep(0.002)


def chunked(x):
    code, body = x.correct()
    data = encode(body)
    x.raw(head_of(code, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
    for at in range(0, len(data), 100):
        piece = data[at:at + 100]
        x.raw(b"%x\r\n%s\r\n" % (len(piece), piece))
    x.raw(b"0\r\n\r\n")


def http_1_0(x):
    code, body = x.correct()
    x.end(b"HTTP/1.0 %d OK\r\nContent-Type: application/json\r\n\r\n" % code + encode(body))


def close_after(x):
    x.end(b"".join(good_bytes(x)))


def early_hints(x):
    x.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
    x.good()


def line_feeds(x):
    head, data = good_bytes(x)
    x.raw(head.replace(b"\r\n", b"\n") + data)


# ── Connections ───────────────────────────────────────────────────────────────────────────────────
def reset(data=b""):
    return lambda x: x.reset(data)


def hang(x):
    x.hang()


def hang_after(data):
    return lambda x: x.hang(data)


def drip(x):
    x.drip(b"".join(good_bytes(x)), 1)


def garbage(x):
    x.end(os.urandom(5000))


def endless(data):
    def play(x):
        while True:
            x.raw(data)
            time.sleep(0.05)
    return play


def endless_headers(x):
    x.raw(b"HTTP/1.1 200 OK\r\n")
    endless(b"X-More: and more\r\n")(x)


def long_header(x):
    head, data = good_bytes(x, [("X-Long", "x" * 1000000)])
    x.end(head + data)


def long_body(x):
    x.flood(head_of(200, [("Content-Type", "application/json"),
                          ("Content-Length", 100 << 20)]) + b'{"results":[', b" " * (1 << 20), 100)


def two_lengths(x):
    head, data = good_bytes(x, [("Content-Length", 5)])
    x.end(head + data)


def lost_reply(x):
    x.correct()
    x.reset()


def store_and_hang(x):
    x.correct()
    x.hang()
