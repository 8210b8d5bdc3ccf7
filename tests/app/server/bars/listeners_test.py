"""Homes emit and listen while the server and daemons are killed, connections are cut and watches
end: each living watch hears each event of others once, in order of seq; one that was killed and
asks for what comes after its last seq misses none.

    listeners_test.py FOLDER_OF_THE_PROGRAMS HOMES ROUNDS [SEED]
"""

import random
import sys
import tempfile
import time

from listeners import ListeningHome, Relay, Watch
from team_server import TeamServer, eventually

EVENTS_OF_A_ROUND = 5


class Subscriber:
    """A watch, and those before it that were killed."""

    def __init__(self, home):
        self.home = home
        self.watch = Watch(home)
        self.before = []  # what those heard

    def heard(self):
        return self.before + self.watch.received()

    def kill(self):
        """Ends the watch; the next one begins where it was."""
        self.watch.kill()
        self.before += self.watch.received()
        last = self.before[-1][:2] if self.before else None
        if last is None:  # nothing was heard yet: what it was told about its place
            places = self.watch.of_kind("log")
            last = (places[-1]["log"], places[-1]["seq"]) if places else None
        if last is None:
            return False
        self.watch = Watch(self.home, after=last)
        return True


def out_of_order(heard):
    """The first pair of numbers that do not rise, and where it stands; empty where all do."""
    numbers = [seq for _, seq, _ in heard]
    return [f"{later} after {earlier}, at {at} of {len(numbers)}"
            for at, (earlier, later) in enumerate(zip(numbers, numbers[1:]))
            if earlier >= later][:1]


def main():
    programs, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(2**32)
    print(f"seed {seed}", flush=True)
    draw = random.Random(seed)
    kills = {"server": 0, "daemon": 0, "watch": 0, "connections": 0}
    with tempfile.TemporaryDirectory() as folder, TeamServer(programs) as server:
        relay = Relay(server.port)
        homes = [ListeningHome(programs, relay.url, f"{folder}/home{n}") for n in range(count)]
        try:
            for home in homes:
                home.await_connection()
            subscribers = [Subscriber(home) for home in homes]
            for subscriber in subscribers:
                eventually(lambda it=subscriber: it.watch.of_kind("connection"), 60, "a watch")
            own = [set() for _ in homes]
            for _ in range(rounds):
                for n, home in enumerate(homes):
                    own[n] |= set(home.emit(EVENTS_OF_A_ROUND))
                fault = draw.choice(("server", "daemon", "watch", "cut", "cut"))
                victim = draw.randrange(count)
                time.sleep(draw.uniform(0, 0.3))
                if fault == "server":
                    server.kill()
                    time.sleep(draw.uniform(0, 0.3))
                    server.start()
                    kills["server"] += 1
                elif fault == "daemon":
                    homes[victim].kill_daemon()
                    time.sleep(draw.uniform(0, 0.3))
                    homes[victim].start_daemon()
                    kills["daemon"] += 1
                elif fault == "watch":
                    kills["watch"] += subscribers[victim].kill()
                else:
                    kills["connections"] += relay.cut()
            for home in homes:
                home.run("sync", "now", "--quiet", allowed=(0, 4))
            wanted = set().union(*own)

            def all_kept():
                for home in homes:
                    home.run("sync", "now", "--quiet", allowed=(0, 4))
                return {row["event"]["event_id"] for row in server.exported()} >= wanted
            eventually(all_kept, 120, "that the server has all events")
            kept = {row["event"]["event_id"]: row["seq"] for row in server.exported()}
            for n, subscriber in enumerate(subscribers):
                def complete(it=subscriber, mine=own[n]):
                    return {event for _, _, event in it.heard()} >= wanted - mine
                try:
                    eventually(complete, 120, f"that watch {n} hears all events of others")
                except AssertionError:
                    missing = sorted(kept[event] for event in wanted - own[n] -
                                     {event for _, _, event in subscriber.heard()})
                    raise AssertionError(f"watch {n} misses {missing[:20]} of {len(kept)}")
            time.sleep(0.5)
            for n, subscriber in enumerate(subscribers):
                heard = subscriber.heard()
                wrong = out_of_order(heard)
                assert not wrong, f"watch {n} hears {wrong[0]}"
                assert {event for _, _, event in heard} == wanted - own[n], f"watch {n}: others"
                assert all(kept[event] == seq for _, seq, event in heard), f"watch {n}: a number"
        finally:
            for home in homes:
                home.kill_daemon()
            for subscriber in locals().get("subscribers", []):
                subscriber.watch.kill()
            relay.close()
        print(f"{kills}, {len(kept)} events of {count} homes: each heard once, in order")


if __name__ == "__main__":
    main()
