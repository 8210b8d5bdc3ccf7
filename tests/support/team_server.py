"""A server with teams, roles, machine tokens and an offer, for the client's tests.

It prints one JSON line and then a line for each request. It keeps nothing after its end. Options:
`--no-offer` and `--no-revoke` leave out the calls that older servers do not have, `--hang-revoke`
never answers the call that ends a session. `--extensions` offers all of them by name, although it
has none; a request that uses one has a further line.
"""

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "correct horse battery"
MACHINE_TOKEN = "skt_" + "m" * 43
TEAMS = {"ann": {"alpha": "admin", "beta": "member"}, "rea": {"alpha": "reader"}}
EXTENSIONS = ["resume", "idempotent_refresh"]
CODES = {"conflict": "id_conflict", "foreign": "unknown_type", "broken": "invalid"}
options = set(sys.argv[1:])
revoked = set()
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        return json.loads(text or b"{}")

    def account(self):
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token == MACHINE_TOKEN and token not in revoked:
            return {"username": "build", "team_slug": "beta", "role": "machine"}
        user, _, team = token.removeprefix("access-").partition("-")
        if token in revoked or team not in TEAMS.get(user, {}):
            return None
        return {"username": user, "team_slug": team, "role": TEAMS[user][team]}

    def note(self):
        with lock:
            print(f"{self.command} {self.path}", flush=True)
            if self.path == "/api/v1/token/refresh/" and "Idempotency-Key" in self.headers:
                print("a refresh under a key", flush=True)
            if "Spec-Kitty-Extensions" in self.headers:
                print("an upgrade with extensions", flush=True)

    def do_GET(self):
        self.note()
        account = self.account()
        if self.path == "/api/v1/" and "--no-offer" not in options:
            offer = {"server": "spec-kitty-server", "version": "9.8.7", "capabilities": EXTENSIONS if "--extensions" in options else [],
                     "limits": {"max_batch_events": 2, "max_batch_bytes": 524288, "min_gap_ms": 0}}
            return self.answer(200, offer | ({"account": account} if account else {}))
        if self.path == "/api/v1/clock/":
            return self.answer(200, {"lamport_clock": 1}) if account else self.answer(401, {})
        return self.answer(404, {"error": "no such path"})

    def do_POST(self):
        self.note()
        body = self.body()
        if self.path == "/api/v1/token/":
            return self.log_in(body)
        if self.path == "/api/v1/token/revoke/" and "--no-revoke" not in options:
            if "--hang-revoke" in options:
                return threading.Event().wait()
            revoked.add(self.headers["Authorization"].removeprefix("Bearer "))
            return self.answer(200, {})
        if self.path == "/api/v1/token/refresh/" and body.get("refresh") == "once-more":
            return self.answer(200, {"access": "access-ann-alpha", "refresh": "another"})
        if self.path == "/api/v1/ws-token/" and self.account():
            return self.answer(200, {"ws_token": "for one socket"})
        if self.path == "/api/v1/events/batch/":
            return self.take(body["events"])
        return self.answer(404, {"error": "no such path"})

    def log_in(self, body):
        teams = TEAMS.get(body.get("username"), {})
        if not teams or body.get("password") != PASSWORD:
            return self.answer(401, {"error": "wrong"})
        team = body.get("team_slug") or (list(teams)[0] if len(teams) == 1 else None)
        if team is None:
            return self.answer(409, {"error_code": "team_required", "teams": sorted(teams)})
        if team not in teams:
            return self.answer(403, {"error": "not found"})
        return self.answer(200, {"access": f"access-{body['username']}-{team}",
                                 "refresh": "once-more", "team_slug": team, "role": teams[team]})

    def take(self, events):
        account = self.account()
        if account is None:
            return self.answer(401, {})
        if account["role"] == "reader":
            return self.answer(403, {"error_code": "role", "error": "readers send no events"})
        with lock:
            print(f"batch of {len(events)}", flush=True)
        results = []
        for event in events:
            text = event["payload"].get("entry_content", "")
            code = CODES.get(text)
            results.append({"event_id": event["event_id"], "status": "rejected",
                            "error_code": code, "error_message": f"refused: {text}"} if code else
                           {"event_id": event["event_id"], "status": "success"})
        return self.answer(200, {"results": results})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "password": PASSWORD,
                  "token": MACHINE_TOKEN}), flush=True)
server.serve_forever()
