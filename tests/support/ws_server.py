"""A sync server's WebSocket by python3-websockets, an implementation that is not ours; for the tests.

First line on stdout: {"port"}. Refuses every token but `secret-token` with 401. Sends a snapshot,
acknowledges each JSON text with an event_id, sends everything else back, and closes on `close CODE`.
"""

import asyncio
import http
import json
import sys

import websockets


async def speak(connection, *_):
    await connection.send(json.dumps({"type": "snapshot", "work_packages": []}))
    async for text in connection:
        if not isinstance(text, str):
            await connection.close(1003)
        elif text.startswith("close "):
            await connection.close(int(text[6:]), "as asked")
        elif text.startswith("{"):
            await connection.send(json.dumps({"type": "ack", "event_id": json.loads(text)["event_id"]}))
        else:
            await connection.send(text)


async def admit(_, headers):
    if headers.get("Authorization") != "Bearer secret-token":
        return http.HTTPStatus.UNAUTHORIZED, [], b"no"
    return None


async def main():
    async with websockets.serve(speak, "127.0.0.1", 0, process_request=admit,
                                max_size=16 << 20) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
