"""A WebSocket client by python3-websockets, an implementation that is not ours; for the tests.

  ws_client.py URL [--ca FILE]       URL of a sync server, as http or https

First line on stdin: {"username","password"} to log in and fetch a ws-token, or {"token"} to use that.
Then each line is a text to send, or {"do": "close", "code"}, {"do": "binary"}, {"do": "fragments",
"text"}. Prints a line for what happens: {"text"}, {"refused": status}, {"closed": code}.
"""

import argparse
import asyncio
import json
import ssl
import sys
import urllib.request

import websockets


def say(**what):
    print(json.dumps(what), flush=True)


def post(url, trust, body, bearer=None):
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=10, context=trust) as reply:
        return json.load(reply)


def token_of(login, url, trust):
    if "token" in login:
        return login["token"]
    access = post(url + "/api/v1/token/", trust, login)["access"]
    return post(url + "/api/v1/ws-token/", trust, {}, access)["ws_token"]


async def halves(text):
    yield text[: len(text) // 2]
    yield text[len(text) // 2 :]


async def obey(connection, line):
    order = json.loads(line) if line.startswith('{"do"') else {"do": "send", "text": line}
    if order["do"] == "close":
        await connection.close(order["code"])
    elif order["do"] == "binary":
        await connection.send(b"\x00\x01")
    elif order["do"] == "fragments":
        await connection.send(halves(order["text"]))
    else:
        await connection.send(order["text"])


async def speak(connection):
    loop = asyncio.get_running_loop()

    async def hear():
        async for text in connection:
            say(text=text)

    async def talk():
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await obey(connection, line.rstrip("\n"))

    tasks = [asyncio.create_task(hear()), asyncio.create_task(talk())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await connection.wait_closed()
    say(closed=connection.close_code)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--ca")
    given = parser.parse_args()
    trust = ssl.create_default_context(cafile=given.ca) if given.url.startswith("https") else None
    token = token_of(json.loads(sys.stdin.readline()), given.url, trust)
    try:
        connection = await websockets.connect(
            given.url.replace("http", "ws", 1) + "/ws/v1/events/",
            extra_headers={"Authorization": f"Bearer {token}"}, ssl=trust, max_size=16 << 20)
    except websockets.InvalidStatusCode as refused:
        return say(refused=refused.status_code)
    await speak(connection)


asyncio.run(main())
