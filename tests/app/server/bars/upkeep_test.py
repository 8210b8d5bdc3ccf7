"""What a server does by itself, as a whole program: a new certificate is taken without an
interruption and a bad one is refused; texts go when their time is over and their rows stay; a login
that nobody used ends after a day.

    upkeep_test.py FOLDER_OF_THE_PROGRAMS [watched]

With a second word the certificate's files are watched for a minute too.
"""

import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from team_server import PASSWORD, TeamServer, event, eventually

FAKE_TIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def make_pair(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / f"{name}.key", "-out",
                    folder / f"{name}.pem", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)


def put_in_place(folder, certificate, key):
    for source, place in ((f"{certificate}.pem", "cert.pem"), (f"{key}.key", "key.pem")):
        made = folder / f"{place}.new"
        made.write_bytes((folder / source).read_bytes())
        os.replace(made, folder / place)


def shown(port):
    """The certificate that a new connection sees."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 30) as plain, \
            trust.wrap_socket(plain) as secure:
        return hashlib.sha256(secure.getpeercert(True)).hexdigest()


def fingerprint(folder, name):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert((folder / f"{name}.pem").read_text())).hexdigest()


def certificates(programs, watched):
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("first", "second", "third"):
            make_pair(folder, name)
        put_in_place(folder, "first", "first")
        with TeamServer(programs, ["--tls-certificate", folder / "cert.pem", "--tls-key",
                                   folder / "key.pem"]) as server:
            trust = ssl.create_default_context(cafile=folder / "first.pem")
            open_before = http.client.HTTPSConnection("localhost", server.port, context=trust,
                                                      timeout=30)
            ask(open_before)
            put_in_place(folder, "second", "second")
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: shown(server.port) == fingerprint(folder, "second"), 30,
                       "the second certificate")
            ask(open_before)
            put_in_place(folder, "third", "second")
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: "stays in use" in server.log(), 30, "a line about the bad pair")
            assert shown(server.port) == fingerprint(folder, "second"), "a bad pair is in use"
            ask(open_before)
            if watched:
                put_in_place(folder, "third", "third")
                eventually(lambda: shown(server.port) == fingerprint(folder, "third"), 90,
                           "the third certificate")
    print("certificates: taken at SIGHUP, a bad pair refused" + (", watched" if watched else ""))


def ask(connection):
    """One request over a connection that stays open."""
    connection.request("GET", "/healthz")
    reply = connection.getresponse()
    reply.read()
    assert reply.status == 200


def post(server, path, body, token=None):
    asked = urllib.request.Request(server.url + path, json.dumps(body).encode(), {
        "Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token
                                               else {})})
    try:
        with urllib.request.urlopen(asked, timeout=30) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def old_things(programs):
    """A server that lived two days ago, and the same one today."""
    with TeamServer(programs, ["--retention-days", "1"]) as server:
        server.stop()
        server.env = {"LD_PRELOAD": FAKE_TIME, "FAKETIME": "-2d", "DONT_FAKE_MONOTONIC": "1"}
        server.start()
        login = {"username": "ann", "password": PASSWORD}
        _, used = post(server, "/api/v1/token/", login)
        _, unused = post(server, "/api/v1/token/", login)
        _, used = post(server, "/api/v1/token/refresh/", {"refresh": used["refresh"]})
        status, reply = post(server, "/api/v1/events/batch/",
                             {"events": [event(n) for n in range(1, 11)]}, used["access"])
        assert status == 200 and all(each["status"] == "success" for each in reply["results"])
        server.stop()
        server.env = {}
        server.start()
        status, session = post(server, "/api/v1/token/refresh/", {"refresh": used["refresh"]})
        assert status == 200, "a session that was used is kept"
        gap = {"type": "gap", "from": 1, "to": 10, "reason": "retention"}
        eventually(lambda: server.exported() == [gap], 60, "the end of texts of two days ago")
        _, reply = post(server, "/api/v1/events/batch/", {"events": [event(1), event(11)]},
                        session["access"])
        statuses = [each["status"] for each in reply["results"]]
        assert statuses == ["duplicate", "success"], statuses
        assert server.exported()[0] == gap and server.exported()[1]["seq"] == 11
        eventually(lambda: post(server, "/api/v1/token/refresh/", {
            "refresh": unused["refresh"]})[0] == 401, 60, "the end of a login that nobody used")
    print("after two days: 10 texts gone and known, the used session kept, the unused one ended")


def main():
    certificates(sys.argv[1], len(sys.argv) > 2)
    if Path(FAKE_TIME).exists():
        old_things(sys.argv[1])
    else:
        print("libfaketime is not installed: nothing was aged")


main()
