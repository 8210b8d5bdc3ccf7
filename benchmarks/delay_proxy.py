#!/usr/bin/env python3
"""A proxy on loopback that delays every byte: delay_proxy.py TARGET_PORT MILLISECONDS

Each byte arrives so much later, in each direction: a round trip takes twice that. Bandwidth is not
bounded, and TCP's slow start is not simulated. Prints its port, then runs until it is ended.
"""
import asyncio
import sys

CHUNK = 1 << 18
CONNECTING = 3  # the first bytes wait for the round trip of the connection itself


async def pass_on(reader, writer, delay, not_before):
    """Reads at once, writes when the delay is over: bytes in flight do not wait for each other."""
    loop = asyncio.get_running_loop()
    waiting = asyncio.Queue()

    async def write_later():
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    sender = asyncio.ensure_future(write_later())
    try:
        while True:
            data = await reader.read(CHUNK)
            waiting.put_nowait((max(loop.time() + delay, not_before), data))
            if not data:
                break
        await sender
    except OSError:
        sender.cancel()
        writer.close()


async def main(target, delay):
    async def serve(reader, writer):
        born = asyncio.get_running_loop().time()
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pass_on(reader, target_writer, delay, born + CONNECTING * delay),
                             pass_on(target_reader, writer, delay, 0))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
    except KeyboardInterrupt:
        pass
