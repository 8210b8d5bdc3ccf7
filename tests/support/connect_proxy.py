"""An HTTP proxy that knows CONNECT alone, keeps every byte it sees, and resolves names by a table.

  connect_proxy.py [--map NAME=PORT]… [--refuse STATUS] [--account USER:PASSWORD] --record FILE
      first line on stdout: {"port"}; lives until stdin ends
"""

import argparse
import base64
import json
import socket
import sys
import threading


def relay(source, target, record):
    try:
        while data := source.recv(65536):
            record(data)
            target.sendall(data)
    except OSError:
        pass
    for peer in (source, target):
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def meet(client, options, record):
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = client.recv(65536)
        if not chunk:
            return
        record(chunk)
        head += chunk
    account = "Basic " + base64.b64encode(options.account.encode()).decode()
    given = [line.split(b":", 1)[1].strip().decode() for line in head.split(b"\r\n")
             if line.lower().startswith(b"proxy-authorization:")]
    if options.account and [value.split(" ")[-1] for value in given] != [account.split(" ")[-1]]:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                       b"Proxy-Authenticate: Basic realm=proxy\r\nContent-Length: 0\r\n\r\n")
        return
    method, where, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
    name = where.rsplit(":", 1)[0]
    names = dict(entry.split("=") for entry in options.map)
    if options.refuse or method != "CONNECT" or name not in names:
        client.sendall(b"HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n\r\n" %
                       (options.refuse or 403))
        return
    with socket.create_connection(("127.0.0.1", int(names[name]))) as server:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=relay, args=(server, client, record), daemon=True)
        back.start()
        relay(client, server, record)
        back.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--map", action="append", default=[])
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--account", default="")
    parser.add_argument("--record", required=True)
    options = parser.parse_args()
    recording = open(options.record, "ab", buffering=0)
    guard = threading.Lock()

    def record(data):
        with guard:
            recording.write(data)

    def run(client):
        with client:
            try:
                meet(client, options, record)
            except (OSError, ValueError):
                pass

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=run, args=(client,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    while sys.stdin.read(1):
        pass


if __name__ == "__main__":
    main()
