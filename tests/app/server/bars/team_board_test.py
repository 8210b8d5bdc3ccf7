"""The board of a team: what its server answers to a browser, against its schema and against the
fold in Python.

    team_board_test.py FOLDER_OF_THE_PROGRAMS
"""

import asyncio
import gzip
import http.client
import json
import re
import sys
import unittest
from pathlib import Path
from urllib.parse import urlencode

import jsonschema
import websockets

from team_server import PASSWORD, TeamServer, event, eventually

HERE = Path(__file__).resolve()
SCHEMA = json.loads((HERE.parents[4] / "app/board/schema/board.schema.json").read_text())
PROGRAMS = sys.argv.pop(1)
PATIENCE = 30


def validate(value, name):
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(value)


class Browser:
    """Somebody's browser, with the cookie of the sign-in."""

    def __init__(self, server, user=None):
        self.server, self.cookie = server, ""
        if user is None:
            return
        _, headers, page = self.ask("/login")
        self.cookie = headers["Set-Cookie"].split(";")[0]
        token = re.search(r'name="form_token" value="([^"]*)"', page.decode()).group(1)
        form = urlencode({"form_token": token, "username": user, "password": PASSWORD})
        status, headers, _ = self.ask("/login", "POST", form.encode(),
                                      Content_Type="application/x-www-form-urlencoded")
        assert status == 303, status
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def ask(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["Cookie"] = self.cookie
        connection.request(method, path, body, sent)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        if reply.getheader("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        return reply.status, dict(reply.getheaders()), text

    def get(self, path, schema):
        status, _, text = self.ask(path)
        assert status == 200, text
        value = json.loads(text)
        validate(value, schema)
        return value

    def stream(self, **headers):
        sent = {"Cookie": self.cookie, "Origin": self.server.url} | headers
        return websockets.connect(self.server.url.replace("http", "ws") + "/board/stream",
                                  extra_headers=sent, max_size=None)


def send(server, bearer, events, team="alpha"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("POST", "/api/v1/events/batch/", json.dumps({"events": events}),
                       {"Authorization": "Bearer " + bearer, "X-Team-Slug": team,
                        "Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    assert reply.status == 200 and b"rejected" not in text, text


def move(number, lane, stamp, node="0123456789ab", before="planned"):
    made = event(number, node=node, stamp=stamp)
    made["aggregate_id"] = made["payload"]["wp_id"] = "WP01"
    made["payload"] |= {"previous_status": before, "new_status": lane, "changed_by": "codex",
                        "feature_slug": "001-tea"}
    return made


class TeamBoard(unittest.TestCase):
    def setUp(self):
        self.server = TeamServer(PROGRAMS)
        self.addCleanup(self.server.log_file.close)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.bearer = self.server.token()["token"]
        self.ann = Browser(self.server, "ann")

    def lane(self, at=""):
        features = self.ann.get("/board/state" + at, "State")["features"]
        return features[0]["work_packages"][0]["lane"] if features else None

    def eventually_holds(self, count):
        """What was sent is on the board some milliseconds later."""
        eventually(lambda: self.ann.get("/board/state", "State")["head"]["position"] == count,
                   PATIENCE, f"a board of {count} events")

    def test_answers_as_its_schema_says_and_names_who_sent(self):
        self.assertEqual(self.ann.get("/board/state", "State")["features"], [])
        send(self.server, self.bearer, [move(1, "doing", 1), move(2, "done", 2, before="doing")])
        self.eventually_holds(2)
        self.assertEqual(self.lane(), "done")
        self.assertEqual(self.lane("?at=1"), "doing")
        state = self.ann.get("/board/state", "State")
        self.assertIsNone(state["sync"])
        self.assertEqual([(node["by"], node["events"]) for node in state["nodes"]], [("ann", 2)])
        rows = self.ann.get("/board/events?after=0", "Events")["events"]
        self.assertEqual([(row["seq"], row["by"], row["names"]) for row in rows],
                         [(1, "ann", "codex"), (2, "ann", "codex")])
        self.assertEqual(self.ann.get("/board/counts", "Counts")["people"][0]["moves"], 2)
        self.assertEqual(self.ann.get("/board/home", "Home")["teams"][0]["slug"], "alpha")
        self.assertEqual(self.ann.ask("/board/transitions")[0], 200)

    def test_a_late_event_changes_the_past(self):
        send(self.server, self.bearer, [move(1, "doing", 1), move(2, "done", 9, before="doing")])
        self.eventually_holds(2)
        self.assertEqual(self.lane("?at=1"), "doing")
        other = self.server.token(name="other")["token"]
        send(self.server, other, [move(3, "for_review", 5, "ba9876543210", "doing")])
        self.eventually_holds(3)
        self.assertEqual(self.lane(), "done")
        self.assertEqual(self.lane("?at=2"), "for_review")

    def test_a_stream_sends_what_changes_and_goes_on_where_it_was(self):
        async def listen():
            send(self.server, self.bearer, [move(1, "doing", 1)])
            async with self.ann.stream() as stream:
                await stream.send(json.dumps({"token": None, "resume": 0}))
                first = json.loads(await asyncio.wait_for(stream.recv(), PATIENCE))
                validate(first, "StreamMessage")
                self.assertTrue(first["whole"])
                send(self.server, self.bearer, [move(2, "done", 2, before="doing")])
                seen = {}
                while not seen.get("events"):
                    seen = json.loads(await asyncio.wait_for(stream.recv(), PATIENCE))
                    validate(seen, "StreamMessage")
                self.assertEqual(seen["events"][0]["by"], "ann")
                self.assertEqual(seen["features"][0]["work_packages"][0]["lane"], "done")
                through = seen["through"]
            send(self.server, self.bearer, [move(3, "doing", 3, before="done")])
            async with self.ann.stream() as stream:
                await stream.send(json.dumps({"token": None, "resume": through}))
                again = json.loads(await asyncio.wait_for(stream.recv(), PATIENCE))
                if not again["events"]:  # it may have come before the event
                    again = json.loads(await asyncio.wait_for(stream.recv(), PATIENCE))
                self.assertEqual([row["seq"] for row in again["events"]], [3])
        asyncio.run(listen())

    def test_refuses_who_has_not_signed_in_and_other_sites(self):
        nobody = Browser(self.server)
        status, headers, _ = nobody.ask("/?team=alpha")
        self.assertEqual((status, headers["Location"]), (303, "/login?next=%2F%3Fteam%3Dalpha"))
        for path in ("home", "state", "events", "transitions", "counts"):
            self.assertEqual(nobody.ask("/board/" + path)[0], 401, path)
            self.assertEqual(self.ann.ask("/board/" + path, Authorization="x")[0], 200, path)
            self.assertEqual(self.ann.ask("/board/" + path, Origin="http://evil.example")[0], 403)
            self.assertEqual(self.ann.ask("/board/" + path, Sec_Fetch_Site="same-site")[0], 403)
            self.assertEqual(self.ann.ask("/board/" + path, Host="evil.example")[0], 421, path)
            self.assertEqual(self.ann.ask("/board/" + path, "POST", b"")[0], 405, path)
        bearer = {"Authorization": "Bearer " + self.bearer}
        self.assertEqual(nobody.ask("/board/state", **bearer)[0], 401, "a token in place of a cookie")
        self.assertEqual(self.ann.ask("/board/dead/01ARZ3NDEKTSV4RRFFQ69G5FAV/retry", "POST")[0],
                         404, "there is nothing to change here")

        async def knock(browser, **headers):
            try:
                async with browser.stream(**headers):
                    return 101
            except websockets.InvalidStatusCode as refused:
                return refused.status_code
        self.assertEqual(asyncio.run(knock(nobody)), 401)
        self.assertEqual(asyncio.run(knock(self.ann, Origin="http://evil.example")), 403)

    def test_shows_nothing_of_another_team(self):
        ben = self.server.token("ben", "beta")["token"]
        send(self.server, ben, [event(1, team="beta")], "beta")
        for slug in ("beta", "nowhere"):
            for path in ("state", "events", "transitions", "counts"):
                self.assertEqual(self.ann.ask(f"/board/{path}?team={slug}")[0], 403, path)
        self.assertEqual(self.ann.get("/board/state", "State")["head"]["position"], 0)

    def test_an_erased_text_leaves_the_board(self):
        send(self.server, self.bearer, [move(1, "doing", 1), move(2, "done", 2, before="doing")])
        self.eventually_holds(2)
        self.server.command("event", "erase", "--team", "alpha", "2", "--reason", "test", "--yes")
        self.eventually_holds(1)
        self.assertEqual(self.lane(), "doing")
        self.assertFalse(self.ann.get("/board/state", "State")["history"]["complete"])


if __name__ == "__main__":
    unittest.main()
