"""Hostile clients of some ninety kinds: each gets its status, the server's memory stays bounded,
and eight homes that post meanwhile are served.

    hostile_test.py FOLDER_OF_THE_PROGRAMS SECONDS [JUDGED]

With a third word the bar is judged: p99 of the homes ≤ 50 ms or 3 × their own, whichever is more.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time

import aiohttp

import hostile_kinds
from team_server import TeamServer, event, percentile

HOMES = 8
EVENTS_PER_SECOND = 1000
BATCH = 25
MEMORY = 400 << 20  # bodies in flight may take 256 MiB of it
ANSWER_S = 45
GUESSERS = 100
numbers = itertools.count(10)


async def exchange(port, sent, source=None):
    """The status of the first answer; CLOSED without one."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(source, 0) if source else None)
    try:
        try:
            for start in range(0, len(sent), 65536):
                writer.write(sent[start:start + 65536])
                await writer.drain()
        except ConnectionError:
            pass  # refused early; the answer may be there all the same
        line = await asyncio.wait_for(reader.readline(), ANSWER_S)
        return int(line.split()[1]) if line.startswith(b"HTTP/") else hostile_kinds.CLOSED
    except ConnectionError:
        return hostile_kinds.CLOSED
    finally:
        writer.close()


async def slowly(port, sent, pause):
    """Byte by byte, until the server has enough of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ended = asyncio.create_task(reader.read())
    began = time.monotonic()
    try:
        for byte in itertools.cycle(sent):
            if ended.done():
                break
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)
            assert time.monotonic() - began < ANSWER_S, "a slow peer is never ended"
    except ConnectionError:
        pass
    finally:
        ended.cancel()
        writer.close()


async def open_socket(web, token):
    async with web.post("/api/v1/ws-token/", headers={"Authorization": f"Bearer {token}"}) as reply:
        return (await reply.json())["ws_token"]


async def broken_frames(port, web, token, name, sent):
    ticket = await open_socket(web, token)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(hostile_kinds.upgrade(ticket, *hostile_kinds.WS))
        line = await asyncio.wait_for(reader.readline(), ANSWER_S)
        assert b" 101 " in line, f"{name}: {line}"
        writer.write(sent)
        await writer.drain()
        await asyncio.wait_for(reader.read(200_000), ANSWER_S)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def guess(port, count):
    """Passwords from many addresses."""
    body = b'{"username":"ann","password":"guess"}'
    sent = hostile_kinds.request("POST", "/api/v1/token/", [
        "Content-Type: application/json", f"Content-Length: {len(body)}"], body)
    for n in range(count):
        status = await exchange(port, sent, f"127.0.3.{n % GUESSERS + 1}")
        assert status in (401, 429, 503), f"a guess was answered {status}"


async def attack(port, token, other):
    """Rounds of every kind until the standard input ends; what was wrong, and how many kinds."""
    wrong, kinds = set(), 0
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}",
                                     connector=aiohttp.TCPConnector(limit=0)) as web:
        slow = [asyncio.create_task(slowly(port, b"GET / HTTP/1.1\r\nX: y\r\n", 0.5))
                for _ in range(20)]
        slow += [asyncio.create_task(slowly(port, hostile_kinds.request(
            "POST", "/api/v1/token/", ["Content-Type: application/json",
                                       "Content-Length: 100000"]) + b" " * 100, 0.3))
                 for _ in range(20)]
        half_open = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        rounds = 0
        while not over.done() or rounds == 0:
            rounds += 1
            kinds = 4  # the slow ones, the half open ones, and the guesses
            made = itertools.chain(hostile_kinds.heads(), hostile_kinds.framings(token),
                                   hostile_kinds.bodies(token),
                                   hostile_kinds.identities(token, other),
                                   hostile_kinds.handshakes(token))
            for name, sent, expected in made:
                kinds += 1
                status = await exchange(port, sent)
                if status not in expected | {429}:
                    wrong.add(f"{name}: {status}, expected {expected}")
            for name, sent in hostile_kinds.frames():
                kinds += 1
                await broken_frames(port, web, token, name, sent)
            await guess(port, 5)
        for task in slow:
            task.cancel()
        for _, writer in half_open:
            writer.close()
        ended = await asyncio.gather(*slow, return_exceptions=True)
        wrong |= {str(each) for each in ended if isinstance(each, AssertionError)}
    print(json.dumps({"wrong": sorted(wrong), "kinds": kinds, "rounds": rounds}))


async def home(web, token, node, seconds):
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = {"events": [event(next(numbers), node=node) for _ in range(BATCH)]}
        began = time.monotonic()
        async with web.post("/api/v1/events/batch/", json=body,
                            headers={"Authorization": f"Bearer {token}"}) as reply:
            results = (await reply.json())["results"]
        taken.append(time.monotonic() - began)
        assert all(each["status"] == "success" for each in results), results
        await asyncio.sleep(max(0, HOMES * BATCH / EVENTS_PER_SECOND - taken[-1]))
    return taken


async def homes(web, token, seconds):
    done = await asyncio.gather(*(home(web, token, f"{n:012x}", seconds) for n in range(HOMES)))
    return [each for taken in done for each in taken]


async def main():
    programs, seconds = sys.argv[1], float(sys.argv[2])
    with TeamServer(programs, ["--limits-requests-per-second", "100000"]) as server:
        token = server.token()["token"]
        hostile = server.token(name="hostile")["token"]
        other = server.token("ben", "beta")["token"]
        async with aiohttp.ClientSession(server.url,
                                         connector=aiohttp.TCPConnector(limit=0)) as web:
            alone = await homes(web, token, seconds)
            attackers = subprocess.Popen(
                [sys.executable, __file__, "--attack", str(server.port), hostile, other],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            beside = await homes(web, token, seconds)
            memory = server.anonymous_bytes()
            report = json.loads(await asyncio.to_thread(lambda: attackers.communicate("")[0]))
    before, after = (percentile(taken, 0.99) * 1000 for taken in (alone, beside))
    print(f"{report['kinds']} kinds, {report['rounds']} rounds; {memory >> 20} MiB; p99 of the homes "
          f"{before:.1f} ms alone, {after:.1f} ms beside them")
    assert not report["wrong"], "\n".join(report["wrong"])
    assert memory <= MEMORY, f"{memory} bytes"
    if len(sys.argv) > 3:
        assert after <= max(50, 3 * before), "the homes are starved"


if sys.argv[1] == "--attack":
    asyncio.run(attack(int(sys.argv[2]), *sys.argv[3:]))
else:
    asyncio.run(main())
