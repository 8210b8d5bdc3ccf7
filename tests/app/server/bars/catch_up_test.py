"""What it costs the server to bring clients up to date: a log that is read page by page, and
listeners that all come back at once.

    catch_up_test.py FOLDER_OF_THE_PROGRAMS EVENTS LISTENERS [STORE_BENCH]

With the program benchmarks/server_store_bench the bars are judged: a page costs the server at most
twice the processor time that reading the same events from the store does, and of the listeners 99
in 100 have their first event within 15 s.
"""

import json
import re
import resource
import socket
import subprocess
import sys
import threading

from footprint_test import fill
from returning import Returning
from team_server import TeamServer, event, percentile

BEHIND = 100
TOKENS_OF_A_SESSION = 16  # for WebSockets, at a time
MAX_FIRST_EVENT_S = 15


def number_in(text, name):
    return int(re.search(rb'"%s":(\d+)' % name, text).group(1))


def page_after(connection, token, after, room):
    """The reply's body, in memory that is used again: the client is to take little time."""
    connection.sendall(f"GET /api/v1/events/?after={after} HTTP/1.1\r\nHost: test\r\n"
                       f"Authorization: Bearer {token}\r\n\r\n".encode())
    have = head = size = 0
    while not head or have < head + size:
        got = connection.recv_into(room[have:])
        assert got > 0, "the server ended the connection"
        have += got
        end = bytes(room[:1024]).find(b"\r\n\r\n") if not head else 0
        if end > 0:
            assert bytes(room[9:12]) == b"200", bytes(room[:300])
            head = end + 4
            size = int(re.search(rb"Content-Length: (\d+)", bytes(room[:head])).group(1))
    return room[head:head + size]


def read_pages(server, token):
    """Reads the whole log: its events, and the server's processor time for each in µs."""
    room = memoryview(bytearray(4 << 20))
    before, after, head, events = server.processor_seconds(), 0, 1, 0
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        while after < head:
            page = page_after(connection, token, after, room)
            head = number_in(bytes(page[:200]), b"head")
            through = number_in(bytes(page[-80:]), b"through")
            if events == 0:
                numbers = [entry["seq"] for entry in json.loads(bytes(page))["events"]]
                assert numbers == list(range(1, through + 1)), "a page has a hole"
            events += through - after
            after = through
    return events, (server.processor_seconds() - before) / events * 1e6


def reading_alone(bench, state):
    """Processor time for each event in µs, of the best of five."""
    done = subprocess.run([bench, state, "5"], check=True, text=True, stdout=subprocess.PIPE)
    return min(float(line.split(" us each")[0].split()[-1]) for line in done.stdout.splitlines())


def watch_memory(server, into, end):
    while not end.wait(0.1):
        into.append(server.anonymous_bytes())


def come_back(server, tokens, listeners, newest):
    """All listeners at once, each BEHIND events behind the newest."""
    known = [newest - BEHIND, event(newest - BEHIND)["event_id"]]
    returning = Returning(server.port, known, BEHIND)
    memory, end = [server.anonymous_bytes()], threading.Event()
    watcher = threading.Thread(target=watch_memory, args=(server, memory, end))
    watcher.start()
    before = server.processor_seconds()
    try:
        returning.run([tokens[n % len(tokens)] for n in range(listeners)])
    finally:
        end.set()
        watcher.join()
    assert not returning.trouble, returning.trouble[:5]
    cost = (server.processor_seconds() - before) / listeners * 1000
    return returning, cost, memory[0], max(memory)


def main():
    programs, events, listeners = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    bench = sys.argv[4] if len(sys.argv) > 4 else None
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    options = ["--limits-requests-per-second", "100000", "--limits-account-sockets", "100000",
               "--limits-session-sockets", "100000"]
    with TeamServer(programs, options) as server:
        sessions = listeners // TOKENS_OF_A_SESSION + 1
        tokens = [server.token(name=f"listener {n}")["token"] for n in range(sessions)]
        fill(server, tokens[0], events)
        read, cost = read_pages(server, tokens[0])
        assert read == events, f"{read} of {events} events were read"
        returning, each, before, peak = come_back(server, tokens, listeners, events)
        server.stop()
        alone = reading_alone(bench, server.state) if bench else None
    slowest = percentile(returning.first, 0.99)
    print(f"pages: {cost:.2f} us an event" + (f", {alone:.2f} reading alone" if alone else "") +
          f"; {listeners} listeners: first event p50 {percentile(returning.first, 0.5):.1f} s, "
          f"p99 {slowest:.1f} s, all within {max(returning.complete):.1f} s, {each:.1f} ms of the "
          f"server each, {before / 2**20:.0f} to {peak / 2**20:.0f} MiB")
    if bench:
        assert cost <= 2 * alone and slowest <= MAX_FIRST_EVENT_S


main()
