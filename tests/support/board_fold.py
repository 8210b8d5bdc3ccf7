#!/usr/bin/env python3
"""The board's fold and its counts once more, written apart from the program's.

board_fold.py make SEED     events, states at some points and counts, as vectors.json has them
board_fold.py check FILE    exit status 1 where the expectations of such a file differ
board_fold.py lanes POINT…  reads events, one JSON object a line; lanes after so many of them
"""

import datetime
import json
import random
import sys
from collections import Counter
from typing import Any

Event = dict[str, Any]
LANES = ["planned", "doing", "for_review", "done"]
COUNTS_AS = {"claimed": "doing", "in_progress": "doing", "blocked": "doing",
             "in_review": "for_review", "approved": "done", "canceled": "done"}
DAY = 86_400_000_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def micros(timestamp: str) -> int:
    since = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def counted(lane: str) -> int:
    lane = COUNTS_AS.get(lane, lane)
    return LANES.index(lane) if lane in LANES else 0


def in_order(events: list[Event]) -> list[Event]:
    """Each event once, in the total order, with its feature where it or its cause names one."""
    known: dict[str, Event] = {}
    for event in events:
        known.setdefault(event["event_id"], event)
    ordered = sorted(known.values(),
                     key=lambda e: (e["lamport_clock"], e["node_id"], e["event_id"]))
    features: dict[str, str] = {}
    for event in ordered:
        feature = event.get("feature_slug") or event["payload"].get("feature_slug")
        feature = feature or features.get(event.get("causation_id") or "")
        event["at"] = micros(event["timestamp"])
        event["feature"] = feature
        if feature:
            features[event["event_id"]] = feature
    return ordered


def name_of(event: Event) -> str | None:
    wp_id = event["payload"].get("wp_id")
    return f"{event['feature']}/{wp_id}" if event["feature"] and wp_id else None


def lanes_after(ordered: list[Event], position: int) -> dict[str, str]:
    """Lane of every work package after so many events: `new_status` decides."""
    lanes: dict[str, str] = {}
    for event in ordered[:position]:
        name = name_of(event)
        if name and event["event_type"] == "WPStatusChanged":
            lanes[name] = event["payload"]["new_status"]
        elif name and event["event_type"] == "WPCreated":
            lanes.setdefault(name, "planned")
    return lanes


def percentile(values: list[int], hundredths: int) -> int | None:
    rank = max(1, -(-len(values) * hundredths // 100))
    return sorted(values)[rank - 1] // 1_000_000 if values else None


def counts(ordered: list[Event], until: int) -> dict[str, Any]:
    visits: dict[str, list[tuple[int, int]]] = {}  # of each work package: when, to which lane
    disagreements = 0
    people: dict[str, Counter[str]] = {}
    for event in ordered:
        name = name_of(event)
        is_change = event["event_type"] == "WPStatusChanged"
        if not name or not (is_change or event["event_type"] == "WPCreated" and name not in visits):
            continue
        lane = counted(event["payload"]["new_status"]) if is_change else 0
        steps = visits.setdefault(name, [])
        before = steps[-1][1] if steps else None
        person = event["payload"].get("changed_by") if is_change else None
        if person and before != lane:
            people.setdefault(person, Counter()).update(
                {"moves": 1, "to_review": lane == 2, "finished": lane == 3,
                 "sent_back": before is not None and before >= 2 and lane <= 1})
        disagreements += bool(steps) and event["at"] < steps[-1][0]
        steps.append((max(event["at"], steps[-1][0] if steps else event["at"]), lane))

    cycles: list[int] = []
    reviews: list[int] = []
    sent_back = 0
    finished: Counter[int] = Counter()
    for steps in visits.values():
        begun = next((at for at, lane in steps if lane == 1), None)
        closing = [i for i, (_, lane) in enumerate(steps)
                   if lane == 3 and (i == 0 or steps[i - 1][1] != 3)]
        if steps[-1][1] == 3 and begun is not None:
            cycles.append(steps[closing[-1]][0] - begun)
        finished.update(steps[i][0] // DAY for i in closing)
        if any(lane == 2 for _, lane in steps):
            ends = [at for at, _ in steps[1:]] + [max(until, steps[-1][0])]
            reviews.append(sum(end - at for (at, lane), end in zip(steps, ends) if lane == 2))
            sent_back += any(a >= 2 and b <= 1 for (_, a), (_, b) in zip(steps, steps[1:]))
    changes = [at // DAY for steps in visits.values() for at, _ in steps]
    days = []
    for day in range(min(changes, default=0), max(changes, default=-1) + 1):
        at_end = Counter([lane for at, lane in steps if at // DAY <= day][-1]
                         for steps in visits.values() if steps[0][0] // DAY <= day)
        date = (EPOCH + datetime.timedelta(days=day)).strftime("%Y-%m-%d")
        days.append([date, finished[day], [at_end[lane] for lane in range(4)]])
    return {"cycle_median_s": percentile(cycles, 50), "cycle_85_s": percentile(cycles, 85),
            "review_median_s": percentile(reviews, 50), "reviewed": len(reviews),
            "sent_back": sent_back, "clock_disagreements": disagreements, "days": days,
            "people": {name: [person[key] for key in ("moves", "to_review", "finished", "sent_back")]
                       for name, person in sorted(people.items())}}


def make(seed: int) -> dict[str, Any]:
    """A few hundred events of two features on three nodes: late ones, equal stamps, wrong clocks,
    second announcements, events that name no feature, lanes of other programs."""
    draw = random.Random(seed)
    lane_of: dict[tuple[str, str], str] = {}
    latest: dict[tuple[str, str], str] = {}
    events: list[Event] = []
    clock, now = 1, micros("2026-01-05T08:00:00+00:00")

    def emit(kind: str, payload: dict[str, Any], feature: str | None, cause: str | None) -> str:
        nonlocal clock, now
        clock += draw.choice([0, 1, 1, 2])
        now += draw.randrange(60_000_000, 20_000_000_000)
        skew = draw.choice([0, 0, 0, -30_000_000_000])
        at = EPOCH + datetime.timedelta(microseconds=now + skew)
        identity = "01" + "".join(draw.choice(ALPHABET) for _ in range(24))
        events.append({"event_id": identity, "event_type": kind, "lamport_clock": clock,
                       "node_id": draw.choice(["aaaaaaaaaaaa", "bbbbbbbbbbbb", "0123456789ab"]),
                       "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "payload": payload,
                       "feature_slug": feature, "causation_id": cause})
        return identity

    for _ in range(400):
        feature = draw.choice(["001-tea", "002-кофе"])
        wp_id = f"WP{draw.randrange(1, 9):02}"
        package = (feature, wp_id)
        if package not in lane_of or draw.random() < 0.02:
            latest[package] = emit("WPCreated", {"wp_id": wp_id, "title": f"<b>{wp_id}</b>",
                                                 "feature_slug": feature}, None, None)
            lane_of.setdefault(package, "planned")
        elif draw.random() < 0.25:
            emit("HistoryAdded", {"wp_id": wp_id, "entry_type": "note", "entry_content": "seen"},
                 None, draw.choice([latest[package], None]))
        else:
            after = draw.choice(LANES + ["in_review", "somewhere"])
            previous = lane_of[package] if draw.random() < 0.85 else draw.choice(LANES)
            latest[package] = emit(
                "WPStatusChanged", {"wp_id": wp_id, "previous_status": previous,
                                    "new_status": after,
                                    "changed_by": draw.choice(["ann", "bob", "codex"])},
                feature, None)
            lane_of[package] = after
    draw.shuffle(events)
    return {"events": events, **expected(events)}


def expected(events: list[Event]) -> dict[str, Any]:
    ordered = in_order([dict(event) for event in events])
    points = sorted({0, 1, len(ordered) // 3, len(ordered) // 2, len(ordered)})
    until = max(event["at"] for event in ordered) + 5_000_000
    return {"until": until,
            "points": [[point, lanes_after(ordered, point)] for point in points],
            "unplaced": sum(name_of(e) is None for e in ordered if e["payload"].get("wp_id")),
            "counts": counts(ordered, until)}


def main(words: list[str]) -> int:
    if words[:1] == ["make"] and len(words) == 2:
        print(json.dumps(make(int(words[1])), ensure_ascii=False, indent=None,
                         separators=(",", ":")))
        return 0
    if words[:1] == ["check"] and len(words) == 2:
        with open(words[1], encoding="utf-8") as file:
            vectors = json.load(file)
        wanted = json.loads(json.dumps(expected(vectors["events"])))
        wrong = [name for name, value in wanted.items() if vectors[name] != value]
        for name in wrong:
            print(f"{name}: {json.dumps(wanted[name])[:400]}")
        return 1 if wrong else 0
    if words[:1] == ["lanes"] and len(words) > 1:
        ordered = in_order([json.loads(line) for line in sys.stdin if line.strip()])
        for point in words[1:]:
            print(json.dumps(lanes_after(ordered, int(point)), sort_keys=True))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
