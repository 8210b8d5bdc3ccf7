"""docs/openapi.json against a running server: every path, status and field that the requests below
meet is described, and every path of the description is met.

    openapi_test.py FOLDER_OF_THE_PROGRAMS OPENAPI_FILE
"""

import gzip
import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import jsonschema

PROGRAM = str(Path(sys.argv[1]) / "spec-kitty-server")
DESCRIPTION = json.loads(Path(sys.argv[2]).read_text())
PASSWORD = "a password for tests"
met = set()
problems = []


def resolve(node):
    while "$ref" in node:
        found = DESCRIPTION
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


def described_path(path):
    for name in DESCRIPTION["paths"]:
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]*", name), path):
            return name
    return None


def check(method, path, status, content_type, body):
    """One exchange against the description."""
    path = path.split("?")[0]
    name = described_path(path)
    if name is None:
        if status != 404:
            problems.append(f"{method} {path}: {status}, and the path is not described")
        return
    met.add(name)
    operation = DESCRIPTION["paths"][name].get(method.lower())
    if operation is None:
        if status not in (404, 405, 426):
            problems.append(f"{method} {path}: {status}, and the method is not described")
        return
    response = operation["responses"].get(str(status))
    if response is None:
        problems.append(f"{method} {path}: status {status} is not described: {body[:200]!r}")
        return
    contents = resolve(response).get("content", {})
    kind = content_type.split(";")[0]
    if contents and kind not in contents:
        problems.append(f"{method} {path}: {status} as {kind}, described as {list(contents)}")
    if kind == "application/json" and kind in contents:
        schema = dict(contents[kind]["schema"], components=DESCRIPTION["components"])
        try:
            jsonschema.Draft202012Validator(schema).validate(json.loads(body))
        except (jsonschema.ValidationError, ValueError) as error:
            problems.append(f"{method} {path}: {status}: {error}"[:600])


class Server:
    def __init__(self, folder):
        self.state = str(folder / "state")
        self.command("init", "--team", "alpha", "--admin", "ann", "--password-stdin")
        self.command("team", "add", "beta")
        for user, team, role in (("rea", "alpha", "reader"), ("ben", "beta", "member")):
            self.command("user", "add", user, "--password-stdin")
            self.command("member", "add", "--team", team, "--user", user, "--role", role)
        self.command("user", "add", "two", "--password-stdin")
        for team in ("alpha", "beta"):
            self.command("member", "add", "--team", team, "--user", "two")
        self.machine = json.loads(self.command("token", "create", "--user", "ann", "--team",
                                               "alpha", "--name", "build", "--json"))["token"]
        link = json.loads(self.command("user", "add", "new", "--json", password=False))
        self.link = link["password_link"][link["password_link"].index("/link/"):]
        self.process = subprocess.Popen(
            [PROGRAM, "--state", self.state, "run", "--json", "--listen", "127.0.0.1:0",
             "--metrics-listen", "127.0.0.1:0", "--limits-batch-events", "20"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        greeting = json.loads(self.process.stdout.readline())
        self.port = int(greeting["url"].rsplit(":", 1)[1])
        self.metrics_port = int(greeting["metrics_url"].rsplit(":", 1)[1])

    def command(self, *words, password=True):
        return subprocess.run([PROGRAM, "--state", self.state, *words],
                              input=PASSWORD + "\n" if password else "", text=True, check=True,
                              stdout=subprocess.PIPE, timeout=60).stdout

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def ask(self, method, path, body=None, token=None, headers=None, raw=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            raw = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, raw, sent)
        reply = connection.getresponse()
        text = reply.read()
        self.cookie = (reply.getheader("Set-Cookie") or "").split(";")[0]
        check(method, path.split("?")[0], reply.status, reply.getheader("Content-Type") or "", text)
        connection.close()
        return reply.status, text

    def log_in(self, user, **more):
        status, text = self.ask("POST", "/api/v1/token/",
                                {"username": user, "password": PASSWORD, **more})
        return json.loads(text) if status == 200 else None


    def sign_in(self, user):
        """The header with the cookie of somebody who has signed in."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        _, text = self.ask("GET", "/login?next=/device")
        cookie = {"Cookie": self.cookie}
        for password in ("wrong password", PASSWORD):
            sent = {"form_token": form_token(text), "username": user, "password": password}
            self.ask("POST", "/login", raw=urlencode(sent).encode(), headers=cookie | form)
        return {"Cookie": self.cookie}


def form_token(page):
    return re.search(r'name="form_token" value="([^"]*)"', page.decode()).group(1)


def event(number, **changes):
    made = {"event_id": f"01ARZ3NDEKTSV4RRFFQ6{number:06d}", "event_type": "WPStatusChanged",
            "aggregate_id": "WP01", "aggregate_type": "WorkPackage",
            "payload": {"wp_id": "WP01", "previous_status": "planned", "new_status": "doing"},
            "node_id": "0123456789ab", "lamport_clock": number, "causation_id": None,
            "timestamp": "2026-12-01T12:00:00.000000Z", "team_slug": "alpha",
            "project_uuid": None, "project_slug": None}
    return made | changes


def batches(server, token):
    post = "/api/v1/events/batch/"
    mixed = [event(1), event(1), event(2, event_type="Unheard"), event(3, payload={"wp_id": "x"}),
             event(1, node_id="ba9876543210")]
    for _ in range(2):
        server.ask("POST", post, {"events": mixed}, token)
    server.ask("POST", post, raw=gzip.compress(json.dumps({"events": [event(4)]}).encode()),
               token=token, headers={"Content-Type": "application/json",
                                     "Content-Encoding": "gzip"})
    for headers in ({"Content-Type": "text/plain"}, {"Content-Encoding": "br"},
                    {"Content-Encoding": "gzip"}, {"Spec-Kitty-Protocol": "99"},
                    {"X-Team-Slug": "beta"}, {"X-Team-Slug": "nowhere"}):
        server.ask("POST", post, raw=b'{"events":[]}', token=token,
                   headers={"Content-Type": "application/json"} | headers)
    for body in ({}, {"events": 1}, [], {"events": [1, None]}, {"events": []},
                 {"events": [event(n) for n in range(10, 40)]}):
        server.ask("POST", post, body, token)
    server.ask("POST", post, raw=b"{", token=token, headers={"Content-Type": "application/json"})


def sessions(server):
    for body in ({"username": "ann", "password": "wrong password"}, {"username": "nobody",
                 "password": PASSWORD}, {}, {"username": 1, "password": 2}, []):
        server.ask("POST", "/api/v1/token/", body)
    server.log_in("two")
    server.log_in("two", team_slug="beta")
    server.log_in("ann", team_slug="beta")
    server.log_in("ann", team_slug="nowhere")
    first = server.log_in("ann")
    status, text = server.ask("POST", "/api/v1/token/refresh/", {"refresh": first["refresh"]})
    if status != 200:
        problems.append(f"a refresh is answered with {status}")
    server.ask("POST", "/api/v1/token/refresh/", {"refresh": first["refresh"]})
    for refresh in ("", "skr_x", 7):
        server.ask("POST", "/api/v1/token/refresh/", {"refresh": refresh})
    ended = server.log_in("ann")
    for _ in range(2):
        server.ask("POST", "/api/v1/token/revoke/", {"refresh": ended["refresh"]},
                   ended["access"])
    server.ask("POST", "/api/v1/token/revoke/", {"refresh": "skr_x"})
    server.ask("POST", "/api/v1/token/refresh/", {"refresh": ended["refresh"]})


def devices(server):
    code, token = "/api/v1/device/code", "/api/v1/device/token"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, text = server.ask("POST", code, {"client": "test", "host": "laptop"})
    waiting = json.loads(text)
    server.ask("POST", code, raw=b"client_id=test", headers=form)
    server.ask("POST", code, raw=b"[]", headers={"Content-Type": "application/json"})
    for body in ({"device_code": waiting["device_code"]}, {"device_code": waiting["device_code"]},
                 {"device_code": "unknown"}, {},
                 {"device_code": waiting["device_code"], "grant_type": "password"}):
        server.ask("POST", token, body)
    server.ask("POST", token, raw=b"device_code=unknown", headers=form)
    cookie = server.sign_in("ann")
    shown = "/device?user_code=" + waiting["user_code"]
    _, text = server.ask("GET", shown, headers=cookie)
    server.ask("GET", "/device", headers=cookie)
    server.ask("GET", "/device?user_code=BCDF-GHJK", headers=cookie)
    fields = {"form_token": form_token(text), "user_code": waiting["user_code"], "team": "alpha",
              "decision": "approve"}
    for sent in (fields | {"form_token": "x"}, fields, fields):
        server.ask("POST", "/device", raw=urlencode(sent).encode(), headers=cookie | form)
    for _ in range(2):
        status, text = server.ask("POST", token, {"device_code": waiting["device_code"]})
        if status != 200:
            problems.append(f"an approved login is answered with {status}")
    server.ask("GET", "/account", token=json.loads(text)["access"])
    server.ask("GET", "/account", headers=cookie)
    for action in ("end_others", "unheard", "end_session"):
        _, text = server.ask("GET", "/account", headers=cookie)
        ids = re.findall(r'name="id" value="([^"]*)"', text.decode())
        sent = {"form_token": form_token(text), "action": action, "id": ids[0]}
        server.ask("POST", "/account", raw=urlencode(sent).encode(), headers=cookie | form)
    server.ask("GET", "/account", headers=cookie)


def calls(server):
    ann, rea = server.log_in("ann"), server.log_in("rea")
    for token in (None, "nonsense", ann["access"], rea["access"], server.machine,
                  "eyJhbGciOiJub25lIn0.e30."):
        for method, path in (("GET", "/api/v1/"), ("GET", "/api/v1/clock/"),
                             ("POST", "/api/v1/ws-token/"), ("GET", "/ws/v1/events/")):
            server.ask(method, path, token=token)
        server.ask("POST", "/api/v1/events/batch/", {"events": [event(50)]}, token)
        for query in ("", "?after=0&limit=2", "?after=x", "?limit=1001", "?log=1",
                      "?log=01ARZ3NDEKTSV4RRFFQ6000001"):
            server.ask("GET", "/api/v1/events/" + query, token=token)
    batches(server, ann["access"])
    batches(server, server.machine)


def pages(server):
    server.ask("GET", server.link)
    server.ask("GET", "/link/" + "A" * 43)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"", b"form_token=x&password=a&again=b"):
        server.ask("POST", server.link, raw=body, headers=form)


def boards(server):
    server.ask("GET", "/")
    ann, several = server.sign_in("ann"), server.sign_in("two")
    server.ask("GET", "/", headers=ann)
    for path in ("home", "state", "events", "transitions", "counts", "stream"):
        for cookie in ({}, ann, several, ann | {"Origin": "http://elsewhere.example"}):
            for query in ("", "?team=alpha", "?team=nowhere", "?team=alpha&at=1", "?q=%zz",
                          "?team=alpha&at=01ARZ3NDEKTSV4RRFFQ6000099",
                          "?team=alpha&chain=01ARZ3NDEKTSV4RRFFQ6000099"):
                server.ask("GET", f"/board/{path}{query}", headers=cookie)
    status, text = server.ask("GET", "/board/state", headers=ann)
    if status != 200 or not json.loads(text)["head"]["position"]:
        problems.append(f"the board of a team that has events: {status} {text[:200]!r}")


def all_methods(server):
    for path in list(DESCRIPTION["paths"]) + ["/nowhere", "/api/v1", "/api/v2/"]:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            server.ask(method, path.replace("{secret}", "A" * 43), token=server.machine)


def figures(server, page):
    """/metrics, on its own address alone, with every metric of docs/server.md and no other."""
    for path in ("/healthz", "/readyz", "/nowhere"):
        server.ask("GET", path, port=server.metrics_port)
    _, text = server.ask("GET", "/metrics", port=server.metrics_port)
    exposed = set(re.findall(r"^# TYPE (\S+) ", text.decode(), re.MULTILINE))
    described = set(re.findall(r"^\| `(spec_kitty_[a-z0-9_]+)` \|", page, re.MULTILINE))
    for name in sorted(exposed ^ described):
        where = "docs/server.md" if name in exposed else "/metrics"
        problems.append(f"the metric {name} is missing in {where}")
    if not text.endswith(b"# EOF\n"):
        problems.append("/metrics does not end as OpenMetrics has it")


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            for part in (sessions, devices, calls, boards, pages, all_methods):
                part(server)
            figures(server, Path(sys.argv[2]).with_name("server.md").read_text())
        finally:
            status = server.stop()
    if status != 0:
        problems.append(f"the server ended with status {status}")
    for name in sorted(set(DESCRIPTION["paths"]) - met):
        problems.append(f"{name} is described, and no request met it")
    for problem in sorted(set(problems)):
        print(problem)
    print(f"{len(met)} paths met")
    return 1 if problems else 0


sys.exit(main())
