#!/usr/bin/env python3
"""spec-kitty board and report on a real repository: `board_program_test.py FOLDER [NAME…]`.

FOLDER holds the programs. A WebSocket is that of python3-websockets, and replies are validated by
python3-jsonschema: neither is ours.
"""

import asyncio
import contextlib
import csv
import gzip
import io
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from typing import Any, Iterator

import jsonschema
import websockets

HERE = pathlib.Path(__file__).resolve()
SCHEMA = json.loads((HERE.parents[4] / "app/board/schema/board.schema.json").read_text())
PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
HOSTILE = "<script>alert(1)</script>"
PATIENCE = 30


def validate(value: Any, name: str) -> None:
    jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(value)


class Site:
    """A repository with one feature of three work packages, and a home."""

    def __init__(self, root: pathlib.Path):
        self.root, self.repo, self.home = root, root / "repo", root / "home"
        self.repo.mkdir()
        self.variables = {**os.environ, "SPEC_KITTY_HOME": str(self.home), "HOME": str(root),
                          "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Ann",
                          "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
                          "GIT_COMMITTER_EMAIL": "ann@example.org"}
        self.run("git", "init", "-q", "-b", "main")
        self.run("git", "commit", "-q", "--allow-empty", "-m", "begin")

    def run(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(words, cwd=self.repo, env=self.variables, capture_output=True,
                              text=True, timeout=120, check=False)
        assert done.returncode == status, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def kitty(self, *words: str, status: int = 0) -> str:
        return self.run(str(PROGRAMS / "spec-kitty"), *words, status=status)

    def add_feature(self) -> None:
        self.kitty("feature", "create", "tea", "--wp", "Boil", "--wp", HOSTILE, "--wp", "Pour")
        self.kitty("agent", "feature", "finalize-tasks")

    @contextlib.contextmanager
    def server(self) -> Iterator[None]:
        """A team server for trying out, where this home is logged in."""
        process = subprocess.Popen([str(PROGRAMS / "spec-kitty"), "dev-server", "--json"],
                                   env=self.variables, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        try:
            assert process.stdout
            hello = json.loads(process.stdout.readline())
            self.kitty("sync", "server", hello["url"])
            subprocess.run([str(PROGRAMS / "spec-kitty"), "auth", "login", "--username",
                            hello["username"], "--password-stdin"], env=self.variables, check=True,
                           input=hello["password"], text=True, timeout=60, capture_output=True)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            assert process.stdout
            process.stdout.close()

    @contextlib.contextmanager
    def board(self) -> Iterator["Board"]:
        process = subprocess.Popen([str(PROGRAMS / "spec-kitty"), "board", "--json"],
                                   cwd=self.repo, env=self.variables, stdout=subprocess.PIPE)
        try:
            assert process.stdout
            hello = json.loads(process.stdout.readline())
            yield Board(hello["url"], hello["token"])
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(PATIENCE)
            assert process.stdout
            process.stdout.close()
        assert status == 0, f"the board ended with {status}"


class Board:
    def __init__(self, url: str, token: str):
        self.url, self.token = url, token

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        sent = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "gzip",
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        asked = urllib.request.Request(self.url + path, headers=sent, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as reply:
                body = reply.read()
                is_packed = reply.headers["Content-Encoding"] == "gzip"
                return reply.status, gzip.decompress(body) if is_packed else body
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    def get(self, path: str, schema: str) -> Any:
        status, body = self.ask(path)
        assert status == 200, body
        value = json.loads(body)
        validate(value, schema)
        return value

    def lanes(self, at: str = "") -> dict[str, str]:
        state = self.get("/board/state" + at, "State")
        return {package["id"]: package["lane"]
                for feature in state["features"] for package in feature["work_packages"]}

    def eventually(self, wanted: Any, look: Any) -> None:
        until = time.monotonic() + PATIENCE
        while (seen := look()) != wanted and time.monotonic() < until:
            time.sleep(0.05)
        assert seen == wanted, f"{seen} is not {wanted}"


class BoardProgram(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = Site(pathlib.Path(folder.name))

    def test_shows_the_past_of_delivered_events(self) -> None:
        self.site.add_feature()
        with self.site.server():
            self.site.kitty("sync", "now")
        self.assertEqual(self.site.kitty("events", "list", "--json").count('"event_id"'), 0)
        self.site.kitty("implement", "WP01", "--agent", "codex")
        with self.site.board() as board:
            rows = board.get("/board/events?after=0", "Events")["events"]
            kinds = [row["event_type"] for row in rows if row["origin"] == "event"]
            self.assertEqual(kinds.count("WPCreated"), 3, rows)
            self.assertIn("WPStatusChanged", kinds)
            self.assertEqual(len({row["event_id"] for row in rows}), len(rows))
            created = next(row for row in rows if row["event_type"] == "WPCreated")
            self.assertEqual(board.lanes(f"?at={created['event_id']}")[created["wp_id"]],
                             "planned")
        self.assertIn("3 work packages\n", self.site.kitty("report"))

    def test_shows_a_move_and_the_past_before_it(self) -> None:
        self.site.add_feature()
        with self.site.board() as board:
            self.assertEqual(board.lanes(),
                             {"WP01": "planned", "WP02": "planned", "WP03": "planned"})
            before = board.get("/board/state", "State")["head"]
            self.site.kitty("implement", "WP01", "--agent", "codex")
            board.eventually("doing", lambda: board.lanes()["WP01"])
            board.eventually(before["position"] + 1,
                             lambda: board.get("/board/state", "State")["head"]["position"])
            self.assertEqual(board.lanes(f"?at={before['event_id']}")["WP01"], "planned")
            self.assertEqual(board.lanes(f"?at={before['position'] + 1}")["WP01"], "doing")
            self.assertEqual(board.lanes("?at=0"), {})
            self.assertEqual(board.ask("/board/state?at=01ARZ3NDEKTSV4RRFFQ69G5FAV")[0], 404)

    def test_answers_as_its_schema_says(self) -> None:
        self.site.add_feature()
        self.site.kitty("implement", "WP01", "--agent", "codex")
        with self.site.board() as board:
            state = board.get("/board/state", "State")
            package = state["features"][0]["work_packages"][0]
            self.assertEqual((package["agent"], package["title"]), ("codex", "Boil"))
            self.assertEqual(state["features"][0]["work_packages"][1]["title"], HOSTILE)
            self.assertEqual(state["sync"]["session"], "logged_out")
            events = board.get("/board/events?wp=WP01", "Events")["events"]
            self.assertEqual([event["event_type"] for event in events],
                             ["WPStatusChanged", "WPCreated"])
            chain = board.get(f"/board/events?chain={events[1]['event_id']}", "Events")["events"]
            self.assertIn(events[0]["event_id"], [event["event_id"] for event in chain])
            arrived = board.get("/board/events?after=0&limit=2", "Events")
            self.assertEqual([event["seq"] for event in arrived["events"]], [1, 2])
            self.assertTrue(arrived["more"])
            self.assertEqual(board.get("/board/events?q=CODEX", "Events")["events"], events[:1])
            counts = board.get("/board/counts?feature=001-tea", "Counts")
            self.assertEqual(counts["days"][-1]["lanes"], [2, 1, 0, 0])

    def test_gives_the_columns_that_a_page_scrubs_over(self) -> None:
        self.site.add_feature()
        self.site.kitty("implement", "WP01", "--agent", "codex")
        with self.site.board() as board:
            status, body = board.ask("/board/transitions")
            self.assertEqual(status, 200)
            length = struct.unpack_from("<I", body)[0]
            head = json.loads(body[4:4 + length])
            count = head["count"]
            self.assertEqual(len(body), 4 + length + 12 * count)
            packages = struct.unpack_from(f"<{count}H", body, 4 + length + 8 * count)
            lanes = body[4 + length + 10 * count:][:count]
            self.assertEqual(head["packages"][packages[-1]], {"feature": "001-tea", "id": "WP01"})
            self.assertEqual(lanes[-1], 1)

    def test_streams_what_changes_to_those_with_the_token(self) -> None:
        self.site.add_feature()
        with self.site.board() as board:
            asyncio.run(self.stream(board))

    async def stream(self, board: Board) -> None:
        address = board.url.replace("http", "ws") + "/board/stream"
        origin = websockets.Origin(board.url)
        async with websockets.connect(address, origin=origin) as socket:
            await socket.send(json.dumps({"token": board.token, "resume": 0}))
            first = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
            validate(first, "StreamMessage")
            self.assertTrue(first["whole"])
            await asyncio.to_thread(self.site.kitty, "implement", "WP01", "--agent", "codex")
            lane, seqs = "planned", []
            while lane != "doing" or not seqs:
                more = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
                validate(more, "StreamMessage")
                for feature in more.get("features", []):
                    lane = feature["work_packages"][0]["lane"]
                seqs += [event["seq"] for event in more.get("events", [])]
            self.assertEqual(seqs, [first["through"] + 1])
        async with websockets.connect(address, origin=origin) as socket:
            await socket.send(json.dumps({"token": board.token, "resume": first["through"]}))
            again = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
            self.assertEqual([event["seq"] for event in again["events"]], seqs)
        async with websockets.connect(address, origin=origin) as socket:
            await socket.send(json.dumps({"token": "0" * 48, "resume": 0}))
            with self.assertRaises(websockets.ConnectionClosed) as ended:
                await asyncio.wait_for(socket.recv(), PATIENCE)
            self.assertEqual(ended.exception.code, 4401)
        with self.assertRaises(websockets.InvalidStatusCode):
            async with websockets.connect(address, origin=websockets.Origin("http://evil.example")):
                pass

    def test_answers_nobody_else(self) -> None:
        self.site.add_feature()
        with self.site.board() as board:
            self.assertEqual(board.ask("/board/state", Authorization="Bearer x")[0], 401)
            self.assertEqual(board.ask("/board/state", Host="evil.example")[0], 421)
            self.assertEqual(board.ask("/board/state", Origin="http://127.0.0.1:1")[0], 403)
            self.assertEqual(board.ask("/board/state", Sec_Fetch_Site="same-site")[0], 403)
            self.assertEqual(board.ask("/board/state", "DELETE")[0], 405)
            self.assertEqual(board.ask("/board/state?at=%FF")[0], 400)
            self.assertEqual(board.ask("/board/no")[0], 404)
            self.assertEqual(board.ask("/board/stream")[0], 426)
            dead = "/board/dead/01ARZ3NDEKTSV4RRFFQ69G5FAV/retry"
            self.assertEqual(board.ask(dead, "POST")[0], 403)
            self.assertEqual(board.ask(dead, "POST", X_Board="1")[0], 404)

    def test_makes_no_file_and_no_home(self) -> None:
        self.site.kitty("feature", "create", "tea", "--wp", "Boil")
        before = sorted(map(str, self.site.root.rglob("*")))
        with self.site.board() as board:
            self.assertEqual(board.lanes(), {"WP01": "planned"})
            time.sleep(0.5)
        self.assertEqual(sorted(map(str, self.site.root.rglob("*"))), before)

    def test_shows_a_repository_without_features(self) -> None:
        with self.site.board() as board:
            self.assertEqual(board.lanes(), {})
            self.site.add_feature()
            board.eventually(3, lambda: len(board.lanes()))

    def test_says_in_one_line_why_it_cannot_run(self) -> None:
        self.site.repo = self.site.root / "elsewhere"
        self.site.repo.mkdir()
        reply = json.loads(self.site.kitty("board", "--json", status=1))
        self.assertFalse(reply["ok"])
        self.assertIn("git", reply["error"]["hint"])

    def test_reports_the_same_counts_in_three_forms(self) -> None:
        self.site.add_feature()
        self.site.kitty("implement", "WP01", "--agent", "codex")
        self.site.kitty("agent", "tasks", "move-task", "WP01", "--to", "done", "--force")
        text = self.site.kitty("report", "001")
        self.assertIn("001-tea: 3 work packages", text)
        self.assertIn("1 work package finished", text)
        counts = json.loads(self.site.kitty("report", "001-tea", "--format", "json"))
        self.assertEqual(counts["days"][-1]["lanes"], [2, 0, 0, 1])
        self.assertIn("codex", [person["name"] for person in counts["people"]])
        rows = list(csv.DictReader(io.StringIO(self.site.kitty("report", "--format", "csv"))))
        self.assertEqual([row["wp_id"] for row in rows], ["WP01", "WP02", "WP03"])
        self.assertNotEqual(rows[0]["cycle_s"], "")
        self.assertEqual(rows[1]["cycle_s"], "")
        self.site.kitty("report", "002-coffee", status=1)


if __name__ == "__main__":
    unittest.main()
