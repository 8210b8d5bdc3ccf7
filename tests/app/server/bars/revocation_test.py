"""Access is withdrawn while people post and listen: ten seconds after the command has returned
nothing is accepted from them, and no socket of theirs is open.

    revocation_test.py FOLDER_OF_THE_PROGRAMS ROUNDS [ROUNDS_AT_ONCE]
"""

import asyncio
import itertools
import sys
import time

import aiohttp

from team_server import PASSWORD, TeamServer, event

POSTERS = 8
LISTENERS = 8
PROMISE_S = 10
numbers = itertools.count(1)


class Round:
    """One account with a session and a machine token, of which both post and listen."""

    def __init__(self, server, web, number):
        self.server, self.web, self.user = server, web, f"user{number}"
        self.withdrawn = ("disabled", "removed", "revoked")[number % 3]
        self.last_accepted = {}
        self.last_open = {}
        self.over = False

    async def command(self, *words):
        return await asyncio.to_thread(self.server.command, *words)

    async def post(self, name, token):
        """Sends small batches until it is refused, or the round is over."""
        head = {"Authorization": f"Bearer {token}"}
        while not self.over:
            body = {"events": [event(next(numbers), node=f"{abs(hash(name)) % 16**12:012x}")]}
            async with self.web.post("/api/v1/events/batch/", json=body, headers=head) as reply:
                if reply.status == 200:
                    self.last_accepted[name] = time.monotonic()
                elif reply.status in (401, 403):
                    return
            await asyncio.sleep(0.2)

    async def listen(self, name, token):
        head = {"Authorization": f"Bearer {token}"}
        async with self.web.post("/api/v1/ws-token/", headers=head) as reply:
            ws_token = (await reply.json())["ws_token"]
        async with self.web.ws_connect("/ws/v1/events/", autoping=True,
                                       headers={"Authorization": f"Bearer {ws_token}"}) as feed:
            async for _ in feed:
                self.last_open[name] = time.monotonic()
            self.last_open[name] = time.monotonic()
            return feed.close_code

    async def withdraw(self, token_id):
        if self.withdrawn == "disabled":
            await self.command("user", "disable", self.user)
        elif self.withdrawn == "removed":
            await self.command("member", "remove", "--team", "alpha", "--user", self.user, "--yes")
        else:
            await self.command("token", "revoke", token_id)

    async def run(self):
        await asyncio.to_thread(self.server.add_user, self.user, "alpha")
        machine = await asyncio.to_thread(self.server.token, self.user)
        async with self.web.post("/api/v1/token/", json={"username": self.user,
                                                         "password": PASSWORD}) as reply:
            session = (await reply.json())["access"]
        tokens = {"machine": machine["token"], "session": session}
        posters, listeners = {}, {}
        for n in range(POSTERS):
            kind = ("machine", "session")[n % 2]
            posters[f"{kind} {n}"] = asyncio.create_task(self.post(f"{kind} {n}", tokens[kind]))
        for n in range(LISTENERS):
            kind = ("machine", "session")[n % 2]
            listeners[f"{kind} {n}"] = asyncio.create_task(
                self.listen(f"{kind} {n}", tokens[kind]))
        await asyncio.sleep(1.5)
        await self.withdraw(machine["id"])
        returned = time.monotonic()
        await asyncio.sleep(PROMISE_S + 1)
        for name, task in (posters | listeners).items():
            touched = self.withdrawn != "revoked" or name.startswith("machine")
            assert task.done() == touched, f"{self.user} was {self.withdrawn}: {name} " + (
                "continues" if touched else "has ended")
        last = 0
        for name in posters | listeners:
            if self.withdrawn == "revoked" and name.startswith("session"):
                continue
            for times in (self.last_accepted, self.last_open):
                last = max(last, times.get(name, 0) - returned)
        assert last <= PROMISE_S, f"{self.user} was {self.withdrawn}: still heard after {last} s"
        for name, task in listeners.items():
            if task.done():
                assert task.result() == 1008, f"{name} was closed with {task.result()}"
        self.over = True
        for task in posters.values():
            await task
        for task in listeners.values():
            task.cancel()
        await asyncio.gather(*listeners.values(), return_exceptions=True)
        return last


async def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    at_once = asyncio.Semaphore(int(sys.argv[3]) if len(sys.argv) > 3 else 3)
    with TeamServer(programs) as server:
        async with aiohttp.ClientSession(server.url,
                                         connector=aiohttp.TCPConnector(limit=0)) as web:

            async def run_round(number):
                async with at_once:
                    return await Round(server, web, number).run()

            lasts = await asyncio.gather(*(run_round(n) for n in range(rounds)))
    print(f"{rounds} rounds: the last sign of life {max(lasts):.1f} s after the command")


asyncio.run(main())
