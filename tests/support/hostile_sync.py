"""A correct sync server in memory: what hostile_server.py is while no fault is switched on.

Tokens with rotation (a refresh token that is used twice ends its session and is counted), batches
that keep events in order of arrival, and a record of every rule of the protocol that the client
broke: `violations` stays empty while the client is right.
"""

import base64
import gzip
import hashlib
import json
import secrets
import threading
import time

FIELDS = ["event_id", "event_type", "aggregate_id", "aggregate_type", "payload", "node_id",
          "lamport_clock", "causation_id", "timestamp", "team_slug", "project_uuid", "project_slug"]
PASSWORD = "a password of the tests"
USERS = {"anna": "team-a", "bert": "team-b"}


def jwt(team):
    """An opaque token that looks like a JWT, as real servers issue them."""
    part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    return ".".join([part(b'{"alg":"none"}'), part(json.dumps({"team_slug": team}).encode()),
                     secrets.token_urlsafe(18)])


class World:
    def __init__(self, access_lifetime=900):
        self.lock = threading.RLock()
        self.access_lifetime = access_lifetime  # as it is said on the wire: number or text
        self.names = ("access_lifetime", "refresh_lifetime")
        self.access = {}        # token -> (user, end of life)
        self.refresh = {}       # token -> [user, session, alive]
        self.sessions_over = set()
        self.issued = []        # every token there ever was
        self.stored = []        # events in order of arrival
        self.known = set()      # their ids
        self.passed_over = set()  # events that got no verdict or a refusal: they may come later
        self.highest = {}       # (team, node) -> last lamport_clock stored in order
        self.stamps = set()     # (node, lamport_clock) of what is stored
        self.keys = {}          # idempotency key -> digest of its body
        self.refreshes = self.dead_refresh_uses = self.duplicates = 0
        self.server_clock = 0
        self.violations = []
        self.gate = threading.Event()  # what a late reply waits for

    # ── Tokens ────────────────────────────────────────────────────────────────────────────────
    def grant(self, user, session, with_refresh=True):
        reply = {"access": jwt(USERS[user]), self.names[0]: self.access_lifetime,
                 "team_slug": USERS[user]}
        self.access[reply["access"]] = (user, time.time() + float(self.access_lifetime))
        self.issued.append(reply["access"])
        if with_refresh:
            reply["refresh"] = "r-" + secrets.token_urlsafe(24)
            reply[self.names[1]] = type(self.access_lifetime)(604800)
            self.refresh[reply["refresh"]] = [user, session, True]
            self.issued.append(reply["refresh"])
        return reply

    def log_in(self, body):
        user = body.get("username")
        if user not in USERS or body.get("password") != PASSWORD:
            return 401, {"detail": "No active account found with the given credentials"}
        return 200, self.grant(user, secrets.token_hex(8))

    def renew(self, body, rotate=True):
        known = self.refresh.get(body.get("refresh"))
        if known is None:
            return 401, {"detail": "Token is invalid or expired"}
        user, session, alive = known
        if not alive:
            self.dead_refresh_uses += 1
            self.sessions_over.add(session)
        if not alive or session in self.sessions_over:
            return 401, {"detail": "Token is blacklisted"}
        self.refreshes += 1
        known[2] = not rotate
        return 200, self.grant(user, session, rotate)

    def user_of(self, request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user, end = self.access.get(token, (None, 0))
        return user if scheme == "Bearer" and end > time.time() else None

    def forget_access(self):
        """Every access token is refused from now on; refresh tokens still work."""
        self.access.clear()

    # ── Batches ───────────────────────────────────────────────────────────────────────────────
    def wrong(self, what):
        self.violations.append(what)

    def events_of(self, request):
        """The events of a batch; checks what the protocol asks of the request."""
        headers, body = request.headers, request.body
        if headers.get("content-encoding") != "gzip":
            self.wrong("a batch without gzip")
        else:
            body = gzip.decompress(body)
        if headers.get("content-type") != "application/json":
            self.wrong("content type " + headers.get("content-type", "none"))
        if not headers.get("user-agent", "").startswith("spec-kitty/"):
            self.wrong("user agent " + headers.get("user-agent", "none"))
        key = headers.get("idempotency-key", "")
        if len(key) != 26:
            self.wrong("idempotency key " + key)
        if self.keys.setdefault(key, digest(body)) != digest(body):
            self.wrong("one idempotency key for two bodies")
        events = json.loads(body)["events"]
        if not 1 <= len(events) <= 1000 or len(body) > 524288 and len(events) > 1:
            self.wrong("a batch of %d events, %d bytes" % (len(events), len(body)))
        for event in events:
            if not set(FIELDS) <= set(event) or not event["payload"]:
                self.wrong("an event without some of its fields: " + event["event_id"])
        user = self.user_of(request)
        teams = {event["team_slug"] for event in events}
        if teams != {headers.get("x-team-slug")} or user and teams != {USERS[user]}:
            self.wrong("events of %s for %s with the token of %s" %
                       (sorted(teams), headers.get("x-team-slug"), user))
        return events

    def take(self, event):
        """Stores one event unless it is there; the result for it."""
        name = event["event_id"]
        if name in self.known:
            self.duplicates += 1
            return {"event_id": name, "status": "duplicate"}
        # Order holds per node within a team: another team's events may be held for a while.
        node, clock = (event["node_id"], event["team_slug"]), event["lamport_clock"]
        if name not in self.passed_over:
            place = (event["team_slug"], node)  # a team may be held while another continues
            if clock <= self.highest.get(place, 0):
                self.wrong("out of order: %s at %d" % (name, clock))
            self.highest[place] = clock
        if (node, clock) in self.stamps:
            self.wrong("a clock value twice: %d" % clock)
        self.stamps.add((node, clock))
        self.known.add(name)
        self.stored.append(event)
        self.server_clock = max(self.server_clock, clock) + 1
        return {"event_id": name, "status": "success"}

    def pass_over(self, events):
        """No verdict, or a refusal: the order may not count these any more."""
        self.passed_over.update(event["event_id"] for event in events)

    def batch(self, request):
        if self.user_of(request) is None:
            return 401, {"detail": "Given token not valid for any token type"}
        return 200, {"results": [self.take(event) for event in self.events_of(request)],
                     "server_clock": self.server_clock}

    def clock(self, request):
        if self.user_of(request) is None:
            return 401, {"detail": "Given token not valid for any token type"}
        return 200, {"lamport_clock": self.server_clock}

    def ws_token(self, request):
        if self.user_of(request) is None:
            return 401, {"detail": "Given token not valid for any token type"}
        return 200, {"ws_token": secrets.token_urlsafe(16)}

    def state(self):
        return {"refreshes": self.refreshes, "dead_refresh_uses": self.dead_refresh_uses,
                "duplicates": self.duplicates, "violations": self.violations,
                "sessions_over": len(self.sessions_over), "server_clock": self.server_clock,
                "stored": [{name: event.get(name) for name in FIELDS} for event in self.stored]}


def digest(body):
    return hashlib.sha256(body).hexdigest()
