"""What the server costs: processor time of an event, memory with many stored, memory of each
listener, and how long an event takes to reach all of them.

    footprint_test.py FOLDER_OF_THE_PROGRAMS EVENTS LISTENERS [JUDGED]

With a fourth word the bars are judged, which needs an idle machine: 6 µs of the server's processor
time an event; 128 MiB of anonymous memory; 40 KiB a listener; p99 of 250 ms to reach all.
"""

import gzip
import http.client
import json
import subprocess
import sys
import time

from team_server import TeamServer, event

BATCH = 1000
SENT = 20


def post(connection, token, body):
    connection.request("POST", "/api/v1/events/batch/", body,
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json",
                        "Content-Encoding": "gzip"})
    reply = connection.getresponse()
    text = reply.read()
    assert reply.status == 200, text[:300]
    return text


def fill(server, token, events):
    """Microseconds of the server's processor time for each event."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    before = server.processor_seconds()
    for first in range(1, events + 1, BATCH):
        numbers = range(first, min(first + BATCH, events + 1))
        body = gzip.compress(json.dumps({"events": [event(n) for n in numbers]},
                                        separators=(",", ":")).encode(), 1)
        text = post(connection, token, body)
        assert text.count(b'"success"') == len(numbers), text[:300]
    connection.close()
    return (server.processor_seconds() - before) / events * 1e6


def fan_out(server, tokens, listeners, first):
    """Bytes of each listener, and what the program says that listens as all of them: it costs so
    little that the times are the server's."""
    before = server.anonymous_bytes()
    program = subprocess.Popen([str(server.programs / "server_many_listeners"), str(server.port),
                                str(listeners)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    program.stdin.write("\n".join(tokens) + "\n\n")
    program.stdin.flush()
    assert program.stdout.readline() == "ready\n", "not all listen"
    each = (server.anonymous_bytes() - before) / listeners
    spent = server.processor_seconds()
    for n in range(SENT):
        send_one(server, tokens[0], first + n)
        assert program.stdout.readline() == "heard\n", "not all heard it"
    spent = server.processor_seconds() - spent
    heard = json.loads(program.communicate("", timeout=60)[0])
    assert heard["heard"] == SENT * listeners, heard
    return each, heard, spent / SENT / listeners * 1e6


def send_one(server, token, number):
    made = event(number)
    made["sent_at"] = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    post(connection, token, gzip.compress(json.dumps({"events": [made]},
                                                     separators=(",", ":")).encode()))
    connection.close()


def main():
    programs, events, listeners = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    judged = len(sys.argv) > 4
    options = ["--limits-requests-per-second", "100000", "--limits-account-sockets", "100000",
               "--limits-session-sockets", "100000"]
    with TeamServer(programs, options) as server:
        tokens = [server.token(name=f"listener {n}")["token"] for n in range(8)]
        cost = fill(server, tokens[0], events)
        memory = server.anonymous_bytes()
        each, heard, for_each = fan_out(server, tokens, listeners, events + 1)
    slowest = heard["p99_ms"]
    print(f"{cost:.1f} us an event; {memory / 2**20:.0f} MiB at {events} events; "
          f"{each / 1024:.1f} KiB a listener; p99 {slowest:.0f} ms to {listeners} listeners, "
          f"{for_each:.0f} us of the server for each")
    if judged:
        assert cost <= 6 and memory <= 128 * 2**20 and each <= 40 * 1024 and slowest <= 250


if __name__ == "__main__":
    main()
