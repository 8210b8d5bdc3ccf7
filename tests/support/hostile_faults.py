"""The faults of this server: what it does under each name.

Where a fault strikes, what it sends and what the client must do is in the catalogue of faults,
app/chaos/proxy/protocol_faults.tsv. A fault on refresh also makes the server refuse every access
token, so that a refresh is due. The actions themselves are in hostile_plays.py.
"""

import pathlib

import hostile_plays as play

CATALOGUE = pathlib.Path(__file__).parents[2] / "app/chaos/proxy/protocol_faults.tsv"
PATHS = {"batch": "/events/batch/", "refresh": "/token/refresh/", "clock": "/clock/"}


class Fault:
    def __init__(self, where, meaning, client, act, times=-1):
        self.where, self.meaning, self.client, self.act = where, meaning, client, act
        self.times = times

    def strikes(self, path):
        return any(self.where == "any" or path.endswith(PATHS[place])
                   for place in self.where.split("+") if place in PATHS or place == "any")


def once(act):
    """The server does it once, then it is good again."""
    return act, 1


PLAYS = {
    # ── Refusals that name events ─────────────────────────────────────────────────────────────
    "named_list": play.named("list"),
    "named_text": play.named("text"),
    "named_object": play.named("object"),
    "named_with_aliens": play.named("aliens too"),
    "named_one_per_reply": play.named("one"),
    "named_all": play.named_all,
    "named_all_one_by_one": play.named_first,
    "named_aliens_only": play.named_aliens,
    # ── Refusals that name none ───────────────────────────────────────────────────────────────
    "unnamed_400": play.unnamed(400),
    "unnamed_422": play.unnamed(422),
    "unnamed_400_html": play.unnamed(400, play.HTML, "text/html"),
    "all_400": play.status(400, {"error": "no"}),
    "all_422": play.status(422, {"error": "no"}),
    "all_400_html": play.status(400, play.HTML, "text/html"),
    # ── The session ───────────────────────────────────────────────────────────────────────────
    "once_401": once(play.unauthorized),
    "always_401": play.unauthorized,
    "always_401_html": play.status(401, play.HTML, "text/html"),
    "mid_drain_401": play.second(play.unauthorized),
    "refresh_401": play.unauthorized,
    "refresh_401_html": play.status(401, play.HTML, "text/html"),
    "refresh_400": play.status(400),
    "refresh_500": play.status(500),
    "refresh_redirect": play.redirect(302),
    "refresh_html": play.status(200, play.HTML, "text/html"),
    "refresh_without_tokens": play.status(200, {}),
    "refresh_header_in_token": play.status(200, {"access": "a\r\nX-Evil: 1", "refresh": "b"}),
    "refresh_hangs": play.hang,
    "refresh_late_401": play.late(play.unauthorized),
    "refresh_late": play.late(lambda x: x.good()),
    "refresh_lost_reply": play.lost_reply,
    "refresh_same_token": play.refresh_without_rotation,
    # ── Status lines ──────────────────────────────────────────────────────────────────────────
    "status_201": play.status(201, {}),
    "status_204": play.raw_end(b"HTTP/1.1 204 No\r\n\r\n"),
    "status_206": play.status(206, {"results": []}),
    "status_304": play.raw_end(b"HTTP/1.1 304 No\r\n\r\n"),
    "redirect_301": play.redirect(301),
    "redirect_302": play.redirect(302),
    "redirect_303": play.redirect(303),
    "redirect_307": play.redirect(307),
    "redirect_308": play.redirect(308),
    "redirect_to_itself": play.redirect(302, same=True),
    "status_403": play.status(403, {"detail": "not your team"}),
    "status_403_html": play.status(403, play.HTML, "text/html"),
    "status_404": play.status(404, play.HTML, "text/html"),
    "status_405": play.status(405),
    "status_407": play.status(407),
    "status_408": play.status(408),
    "status_409": play.status(409),
    "status_412": play.status(412, {"error_description": "version 0.1 is too old",
                                    "upgrade_guidance": "install version 9"}),
    "status_412_bare": play.status(412),
    "status_412_html": play.status(412, play.HTML, "text/html"),
    "status_418": play.status(418),
    "status_500": play.status(500, {"error": "oops"}),
    "status_500_once": once(play.status(500)),
    "status_502_html": play.status(502, play.HTML, "text/html"),
    "status_503_retry_after": play.status(503, headers=[("Retry-After", 1)]),
    "status_504": play.status(504),
    "status_511": play.status(511, play.HTML, "text/html"),
    "status_999": play.status(999),
    # ── Too large ─────────────────────────────────────────────────────────────────────────────
    "too_many_413": play.too_many(7),
    "too_many_413_limits": play.too_many(4, {"max_events": 4}),
    "too_many_413_limits_too_high": play.too_many(7, {"max_events": 1000, "max_bytes": 524288}),
    "too_many_413_limits_zero": play.too_many(7, {"max_events": 0, "max_bytes": -1}),
    "too_many_413_limits_text": play.too_many(7, {"max_events": "x", "max_bytes": 1e300}),
    "too_many_413_limits_list": play.too_many(7, [1, 2]),
    "too_big_413": play.too_big(3000),
    "too_big_413_limits": play.too_big(3000, {"max_bytes": 3000}),
    "one_too_big_413": play.too_large_poison,
    "one_too_big_413_html": play.too_large_poison_html,
    "one_small_413": play.too_large_poison,
    "too_many_413_html": play.too_many_html(7),
    "always_413": play.status(413),
    "always_413_html": play.status(413, play.HTML, "text/html"),
    "always_413_json": play.status(413, {"error": "payload too large"}),
    # ── Slow down ─────────────────────────────────────────────────────────────────────────────
    "slow_429_seconds": once(play.slow_down("1")),
    "slow_429_date": once(play.slow_down_date(2)),
    "slow_429_past": once(play.slow_down_date(-3600)),
    "slow_429_10_hours": play.slow_down("36000"),
    "slow_429_far_date": play.slow_down_date(86400),
    "slow_429_garbage": once(play.slow_down("soon")),
    "slow_429_negative": once(play.slow_down("-5")),
    "slow_429_missing": once(play.slow_down(None)),
    "slow_429_always": play.slow_down("0"),
    # ── 200 with a reply outside the protocol ─────────────────────────────────────────────────
    "portal": play.status(200, play.HTML, "text/html"),
    "ok_empty": play.status(200),
    "ok_not_json": play.status(200, b"{]"),
    "ok_null": play.status(200, b"null"),
    "ok_list": play.status(200, []),
    "ok_bad_utf8": play.status(200, b'{"results":[{"event_id":"\xff\xfe"}]}'),
    "ok_number": play.status(200, b'{"results":[],"server_clock":' + play.NUMBER + b"}"),
    "ok_infinity": play.status(200, b'{"results":[],"server_clock":5.5e308}'),
    "ok_deep": play.status(200, b'{"results":' + b"[" * 200000 + b"]" * 200000 + b"}"),
    "ok_two_objects": play.status(200, b'{"results":[]}{"results":[]}'),
    "ok_wrong_type": play.kind("text/plain"),
    "ok_no_type": play.kind(None),
    "ok_gzip": play.zipped,
    "results_missing": play.status(200, {}),
    "results_object": play.status(200, {"results": {}}),
    "results_text": play.status(200, {"results": "all of them"}),
    # ── 200 with unusual results ──────────────────────────────────────────────────────────────────
    "results_empty": play.status(200, {"results": []}),
    "results_half": play.half,
    "results_half_hidden": play.change(lambda all: all[:len(all) // 2]),
    "results_alien": play.status(200, {"results": [play.ALIEN, play.ALIEN]}),
    "results_and_aliens": play.change(lambda all: [play.ALIEN] + all + [play.ALIEN]),
    "results_twice": play.change(play.then_errors),
    "results_twice_odd_first": play.change(play.odd_first),
    "results_backwards": play.change(lambda all: all[::-1]),
    "results_no_objects": play.status(200, {"results": [None, 1, "x", [], {}, True]}),
    "result_unknown_status": play.poisoned("maybe"),
    "result_capital_status": play.poisoned("SUCCESS"),
    "result_null_status": play.poisoned(None),
    "result_number_status": play.poisoned(200),
    "result_without_id": play.poisoned("success", event_id=None),
    "word_success": play.word("success"),
    "word_accepted": play.word("accepted"),
    "word_warning": play.word("warning"),
    "word_duplicate": play.word("duplicate"),
    "word_pending": play.every({"status": "pending"}),
    "word_queued": play.every({"status": "queued"}),
    "error_error_message": play.poisoned("error", error_message=play.WHY),
    "error_error": play.poisoned("error", error=play.WHY),
    "error_reason": play.poisoned("rejected", reason=play.WHY),
    "error_detail": play.poisoned("error", detail=play.WHY),
    "error_generic_and_specific": play.poisoned("error", error="error", detail=play.WHY),
    "error_without_words": play.poisoned("error"),
    "error_long_words": play.poisoned("error", error=play.WHY + " x" * 500000),
    "error_escape_codes": play.poisoned("error", error=play.WHY + "\x1b[2J\x1b]0;x\x07\n\r"),
    "error_all": play.every({"status": "error", "error": play.WHY}),
    # ── Clocks ────────────────────────────────────────────────────────────────────────────────
    "behind": play.behind(500),
    "behind_half": play.behind(10),
    "behind_always": play.behind(2**62, 500),
    "behind_no_clock_path": play.behind(500, play.NO_PATH),
    "behind_no_clock_at_all": play.behind(500, play.NO_PATH, server_clock=None),
    "behind_clock_2_53": play.behind(500, 2**53),
    "behind_clock_2_63": play.behind(500, 2**63),
    "behind_clock_negative": play.behind(500, -1),
    "behind_clock_float": play.behind(500, 1e300),
    "behind_clock_text": play.behind(500, "500"),
    "behind_clock_html": play.behind(500, play.HTML),
    "behind_clock_hangs": play.behind(500, play.SILENT),
    "clock_near_the_end": play.server_clock(2**53 - 2),
    "clock_2_53": play.server_clock(2**53),
    "clock_2_63": play.server_clock(2**63),
    "clock_2_64": play.server_clock(2**64),
    "clock_negative": play.server_clock(-1),
    "clock_float": play.server_clock(1e300),
    "clock_text": play.server_clock("soon"),
    # ── The connection ────────────────────────────────────────────────────────────────────────
    "refused": None,
    "black_hole": None,
    "reset_at_once": None,
    "reset_before_headers": play.reset(),
    "reset_in_headers": play.reset(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "reset_in_body": play.reset(play.CUT),
    "closed_silently": play.raw_end(b""),
    "closed_in_headers": play.raw_end(b"HTTP/1.1 200 OK\r\nContent-Type: appl"),
    "truncated": play.raw_end(play.CUT),
    "truncated_chunks": play.raw_end(play.CHUNKED + b"e\r\n{\"results\":[]}\r\n"),
    "bad_chunk_size": play.raw_end(play.CHUNKED + b"zz\r\n{}\r\n"),
    "hang": play.hang,
    "silence": play.hang,
    "hang_in_headers": play.hang_after(b"HTTP/1.1 200 OK\r\n"),
    "hang_in_body": play.hang_after(play.CUT),
    "drip": play.drip,
    "garbage": play.garbage,
    "ssh": play.raw_end(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "bare_body": play.raw_end(b'{"results":[]}'),
    "bad_status_line": play.raw_end(b"HTTP/1.1 two hundred\r\n\r\n"),
    "only_1xx": play.raw_end(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless_1xx": play.endless(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "long_header": play.long_header,
    "endless_headers": play.endless_headers,
    "long_body": play.long_body,
    "two_lengths": play.two_lengths,
    "negative_length": play.raw_end(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                    b"Content-Length: -5\r\n\r\n{}"),
    "switch_protocols": play.raw_end(b"HTTP/1.1 101 Switching Protocols\r\n"
                                     b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    # ── Lost replies: stored, but the client cannot know ──────────────────────────────────────
    "lost_reply_once": once(play.lost_reply),
    "lost_reply_always": play.lost_reply,
    "lost_reply_every_other": play.every_other(play.lost_reply),
    "late_reply": play.store_and_hang,
    # ── Unusual, but correct ────────────────────────────────────────────────────────────────────────
    "slow_but_good": play.slow,
    "in_pieces": play.in_pieces,
    "chunked": play.chunked,
    "http_1_0": play.http_1_0,
    "keep_alive_closed": play.close_after,
    "early_hints": play.early_hints,
    "line_feeds": play.line_feeds,
    "capital_type": play.kind("Application/JSON; charset=UTF-8"),
    "other_fields": play.change(lambda all: [dict(result, x=[{}]) for result in all]),
}


def read_catalogue():
    """The faults of the catalogue that this server has. Both must have the same ones."""
    rows = [line.split("\t") for line in CATALOGUE.read_text().splitlines()
            if not line.startswith("#")]
    rows = [row for row in rows if row[0] != "-"]
    names = [row[0] for row in rows]
    if sorted(names) != sorted(PLAYS):
        raise ValueError("%s and PLAYS differ: %s" % (
            CATALOGUE, sorted(set(names) ^ set(PLAYS)) or "a name stands twice"))
    faults = {}
    for name, _, where, sent, client in rows:
        act = PLAYS[name]
        faults[name] = Fault(where, sent, client, *(act if isinstance(act, tuple) else (act,)))
    return faults


FAULTS = read_catalogue()
