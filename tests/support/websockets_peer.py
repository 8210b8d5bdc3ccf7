#!/usr/bin/python3
"""A server of the WebSocket's side of the protocol on python3-websockets, which others wrote.
Prints its port. With --refuse every upgrade is answered with 401. It acknowledges every event,
answers `big` with a message of 2 MB, and closes with 1001 when it is told `close`.
"""
import asyncio
import http
import json
import sys

import websockets


async def serve(socket):
    await socket.send(json.dumps({"type": "snapshot", "work_packages": []}))
    async for text in socket:
        if text == "big":
            await socket.send(json.dumps({"type": "note", "padding": "x" * 2_000_000}))
        elif text == "close":
            await socket.close(1001, "as told")
        else:
            event = json.loads(text)
            await socket.send(json.dumps({"type": "ack", "event_id": event["event_id"],
                                          "size": len(text)}))


async def check(path, headers):
    if "--refuse" in sys.argv or headers.get("Authorization") != "Bearer ws-token":
        return http.HTTPStatus.UNAUTHORIZED, [], b"no\n"
    return None


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, process_request=check,
                                max_size=2 ** 24) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
