"""What the server costs: processor time of an event, memory with many stored, memory of each
listener, and how long an event takes to reach all of them.

    footprint_test.py FOLDER_OF_THE_PROGRAMS EVENTS LISTENERS [JUDGED]

With a fourth word the bars are judged, which needs an idle machine: 6 µs of the server's processor
time an event; 128 MiB of anonymous memory; 40 KiB a listener; p99 of 250 ms to reach all.
"""

import asyncio
import gzip
import http.client
import json
import sys
import time

import websockets

from team_server import TeamServer, event, percentile

BATCH = 1000


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


async def listen(server, token, count, delays, ready):
    """Listeners, each told when an event reaches it; the event's stamp is when it was sent."""
    doors = asyncio.Semaphore(8)  # a session has at most 16 tokens for WebSockets at a time

    async def connect():
        async with doors:
            status = await asyncio.to_thread(ws_token, server, token)
            return await websockets.connect(f"ws://127.0.0.1:{server.port}/ws/v1/events/",
                                            extra_headers={"Authorization": f"Bearer {status}"},
                                            compression=None, max_size=None)

    async def listener():
        feed = await connect()
        try:
            await feed.recv()
            ready.append(1)
            async for text in feed:
                if '"sent_at":' in text:
                    sent = float(text.split('"sent_at":')[1].split("}")[0].split(",")[0])
                    delays.append(time.monotonic() - sent)
        finally:
            await feed.close()

    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(listener()))
        if len(tasks) % 50 == 0:
            await asyncio.sleep(0.2)
    return tasks


def ws_token(server, token):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/api/v1/ws-token/", headers={"Authorization": f"Bearer {token}"})
    reply = connection.getresponse()
    text = reply.read()
    assert reply.status == 200, text
    connection.close()
    return json.loads(text)["ws_token"]


async def fan_out(server, tokens, listeners, first):
    """Bytes of each listener, and the delays of events sent while all listen."""
    before = server.anonymous_bytes()
    delays, ready, tasks = [], [], []
    for n, token in enumerate(tokens):
        share = listeners // len(tokens) + (n < listeners % len(tokens))
        tasks += await listen(server, token, share, delays, ready)
    end = time.monotonic() + 120
    while len(ready) < listeners and time.monotonic() < end:
        await asyncio.sleep(0.1)
    assert len(ready) == listeners, f"{len(ready)} of {listeners} listen"
    await asyncio.sleep(1)
    each = (server.anonymous_bytes() - before) / listeners
    for n in range(20):
        await asyncio.to_thread(send_one, server, tokens[0], first + n)
        await asyncio.sleep(0.5)
    end = time.monotonic() + 60
    while len(delays) < 20 * listeners and time.monotonic() < end:
        await asyncio.sleep(0.1)
    assert len(delays) == 20 * listeners, f"{len(delays)} of {20 * listeners} arrived"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return each, delays


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
        each, delays = asyncio.run(fan_out(server, tokens, listeners, events + 1))
    slowest = percentile(delays, 0.99) * 1000
    print(f"{cost:.1f} us an event; {memory / 2**20:.0f} MiB at {events} events; "
          f"{each / 1024:.1f} KiB a listener; p99 {slowest:.0f} ms to {listeners} listeners")
    if judged:
        assert cost <= 6 and memory <= 128 * 2**20 and each <= 40 * 1024 and slowest <= 250


main()
