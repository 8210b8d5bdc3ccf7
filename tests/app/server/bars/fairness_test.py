"""A team that posts from fifty connections, beside another team's small batches: the other team's
batches are not starved.

    fairness_test.py FOLDER_OF_THE_PROGRAMS SECONDS [JUDGED]

With a third word the bar is judged: p99 of the other team ≤ 3 × its own alone. Without it only
that every batch is answered 200, which holds on a machine with other work too.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time

import aiohttp

from team_server import TeamServer, event, percentile

CONNECTIONS = 50
numbers = itertools.count(1)


async def post(web, token, team, size):
    """The status, and how long the answer took."""
    body = {"events": [event(next(numbers), team) for _ in range(size)]}
    began = time.monotonic()
    async with web.post("/api/v1/events/batch/", json=body,
                        headers={"Authorization": f"Bearer {token}"}) as reply:
        await reply.read()
        return reply.status, time.monotonic() - began


async def quiet_team(web, token, seconds):
    """A batch of ten every 20 ms; how long each took."""
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, waited = await post(web, token, "beta", 10)
        assert status == 200, f"the quiet team got {status}"
        taken.append(waited)
        await asyncio.sleep(0.02)
    return taken


async def busy_connection(web, token, statuses):
    while True:
        status, _ = await post(web, token, "alpha", 100)
        statuses[status] = statuses.get(status, 0) + 1
        if status == 429:
            await asyncio.sleep(0.1)


async def busy_team(url, token):
    """Runs until its standard input ends; a process of its own, so that it delays nobody here."""
    statuses = {}
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0)) as web:
        busy = [asyncio.create_task(busy_connection(web, token, statuses))
                for _ in range(CONNECTIONS)]
        await asyncio.to_thread(sys.stdin.read)
        for task in busy:
            task.cancel()
        ended = await asyncio.gather(*busy, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
    print(json.dumps(statuses))


async def main():
    programs, seconds = sys.argv[1], float(sys.argv[2])
    with TeamServer(programs, ["--limits-requests-per-second", "100000"]) as server:
        alpha = server.token()["token"]
        beta = server.token("ben", "beta")["token"]
        async with aiohttp.ClientSession(server.url,
                                         connector=aiohttp.TCPConnector(limit=0)) as web:
            alone = await quiet_team(web, beta, seconds)
            busy = subprocess.Popen([sys.executable, __file__, "--busy", server.url, alpha],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            await asyncio.sleep(1)
            beside = await quiet_team(web, beta, seconds)
            statuses = json.loads(busy.communicate("", timeout=60)[0])
    assert set(statuses) <= {"200", "429", "503"}, statuses
    before, after = (percentile(taken, 0.99) * 1000 for taken in (alone, beside))
    print(f"p99 {before:.1f} ms alone, {after:.1f} ms beside {CONNECTIONS} connections "
          f"({statuses})")
    if len(sys.argv) > 3:
        assert after <= 3 * before, "the quiet team is starved"


if sys.argv[1] == "--busy":
    asyncio.run(busy_team(*sys.argv[2:]))
else:
    asyncio.run(main())
