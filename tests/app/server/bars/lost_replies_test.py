"""A reply is lost on its way, again and again: the next login works, and a batch counts once.

    lost_replies_test.py FOLDER_OF_THE_PROGRAMS ROUNDS
"""

import contextlib
import socket
import sys
import tempfile
import threading

from team_server import Home, TeamServer


class LosingProxy:
    """Passes connections on; of a path that is `lost` the request goes through and the reply not."""

    def __init__(self, port):
        self.upstream = port
        self.lost = None
        self.losses = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listening.accept()
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        far = socket.create_connection(("127.0.0.1", self.upstream))
        cut = threading.Event()

        def back():
            with contextlib.suppress(OSError):
                while data := far.recv(65536):
                    if cut.is_set():
                        self.losses += 1
                        near.shutdown(socket.SHUT_RDWR)
                        return
                    near.sendall(data)

        answers = threading.Thread(target=back, daemon=True)
        answers.start()
        try:
            while data := near.recv(65536):
                if self.lost and b" " + self.lost + b" " in data:
                    cut.set()
                far.sendall(data)
        except OSError:
            pass
        far.close()
        near.close()


def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder, TeamServer(programs) as server:
        proxy = LosingProxy(server.port)
        home = Home(programs, proxy.url, f"{folder}/home")
        recorded = []
        for _ in range(rounds):
            proxy.lost = b"/api/v1/events/batch/"
            recorded += home.emit(3)
            home.run("sync", "now", "--quiet", allowed=(4,))
            proxy.lost = None
            home.run("sync", "now", "--quiet")
        for _ in range(rounds):
            proxy.lost = b"/api/v1/token/"
            home.run("auth", "login", "--username", "ann", allowed=(4,))
            proxy.lost = None
            home.run("auth", "login", "--username", "ann")
        assert proxy.losses >= 2 * rounds, f"only {proxy.losses} replies were lost"
        kept = [row["event"]["event_id"] for row in server.exported()]
        assert kept == recorded, "lost, kept twice, or out of order"
        print(f"{proxy.losses} replies lost: {len(kept)} events once, {rounds} logins worked")


main()
