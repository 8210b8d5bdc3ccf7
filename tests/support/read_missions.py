"""Reads features as docs/cli.md says, without the program, and compares with what the program reads.

    read_missions.py FOLDER --program bin/spec-kitty [--docs docs/cli.md] [--verbose]

FOLDER holds `kitty-specs/<slug>/`; it is copied, not changed. Printed are the counts, and a table
of the ways in which a reading that takes every id in every line differs from the program's. Each
kind of difference points to a sentence of docs/cli.md; one that is not in there, and any work
package that the two read differently, is an error (exit status 1).
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import mission_text as text

KINDS = {
    "beside": "What stands in parentheses, in links or in code is not read.",
    "own": "A section's own id is never a dependency.",
    "ended": "`none`, `nothing`, `not`, `parallel`, `independent`, `blocks`, `unblocks`, `enables` "
             "and another bold label end the sentence.",
    "sentence": "A semicolon ends the sentence, unless another id of the list follows it.",
    "subject": "`depends on` counts only where its subject is the section's own work package: not "
               "behind another id, a subtask, a quotation mark, a negation, or more than four words.",
    "other line": "No other line counts; `Deps: WP01`, `Dependencies. WP01` and ids below a heading "
                  "`Dependencies` are named by `finalize-tasks` where the work package does not "
                  "have them.",
    "frontmatter": "A section that names no id leaves the frontmatter's own `dependencies`, a list "
                   "or a text (`WP01, WP02`).",
    "lane of the log": "Without `status.events.jsonl` the lane is the frontmatter's `lane`, else "
                       "`planned`; with it, it is the one that the log has, and commands that would "
                       "change it refuse.",
    "no box": "Ids and ranges behind `Subtasks:`, rows of a table without a box, and the "
              "frontmatter's `subtasks` are listed subtasks; those without a box are named by each "
              "gate that looks at boxes.",
    "unreadable": "A file that cannot be read is named; the commands that only read show the "
                  "others (JSON: `unreadable`), and so do commands about another work package.",
    "no tasks.md": "Without `tasks.md` nothing is read of sections, and `finalize-tasks` refuses.",
    "refused": "cycles and unknown ids are refused, with nothing written",
}
FOLDED = {"claimed": "doing", "in_progress": "doing", "doing": "doing", "blocked": "doing",
          "for_review": "for_review", "in_review": "for_review", "approved": "done",
          "done": "done", "canceled": "done"}
FILE_NAME = re.compile(r"(WP\d\d)(?![A-Za-z0-9]).*\.md$")


class Feature:
    """A feature folder, read by hand."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.slug = folder.name
        self.packages: dict[str, dict] = {}
        self.unreadable: list[str] = []
        paths = collections.defaultdict(list)
        tasks = folder / "tasks"
        for name in sorted(os.listdir(tasks)) if tasks.is_dir() else []:
            if found := FILE_NAME.match(name):
                paths[found[1]].append(tasks / name)
        for wp, own in paths.items():
            front = text.frontmatter(own[0].read_bytes()) if len(own) == 1 else None
            if front is None:
                self.unreadable.append(wp)
            else:
                self.packages[wp] = front | {"path": own[0]}
        source = folder / "tasks.md"
        self.has_tasks = source.is_file()
        whole = source.read_bytes() if self.has_tasks else b""
        self.document = text.Document(whole.decode("utf-8", "replace"))
        self.states = read_states(folder / "status.events.jsonl")

    def lane(self, wp: str) -> tuple[str, str]:
        """What it counts as, and the lane itself."""
        if self.states is None:
            own = str(self.packages[wp].get("lane") or "planned")
            return own, own
        state = self.states.get(wp, "planned")
        return FOLDED.get(state, "planned"), state

    def dependencies(self, wp: str) -> list[str]:
        return self.document.dependencies(wp) or text.ids_of(self.packages[wp].get("dependencies"))

    def problem(self) -> str:
        """Why finalize refuses the feature, as a kind of difference; empty: it does not."""
        if not self.has_tasks:
            return "no tasks.md"
        graph = {wp: self.dependencies(wp) for wp in self.packages}
        if any(other not in graph for needed in graph.values() for other in needed):
            return "refused"
        left = dict(graph)
        while free := [wp for wp, needed in left.items() if not set(needed) & set(left)]:
            for wp in free:
                del left[wp]
        return "refused" if left else ""


def read_states(log: pathlib.Path) -> dict[str, str] | None:
    if not log.is_file():
        return None
    latest: dict[str, tuple] = {}
    for line in log.read_text("utf-8", "replace").split("\n"):
        try:
            entry = json.loads(line)
            wp, state = entry["wp_id"], entry["to_lane"]
        except (ValueError, TypeError, KeyError):
            continue
        if isinstance(state, str) and re.fullmatch(r"WP\d\d", str(wp)):
            at = datetime.datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))
            moment = (at, entry.get("event_id", ""))
            if wp not in latest or moment >= latest[wp][0]:
                latest[wp] = (moment, state)
    return {wp: state for wp, (_, state) in latest.items()}


class Program:
    """The program in a repository of its own, with a home of its own."""

    def __init__(self, binary: str, features: pathlib.Path, place: pathlib.Path) -> None:
        self.binary = os.path.abspath(binary)
        self.repo = place / "repo"
        shutil.copytree(features, self.repo / "kitty-specs")
        self.env = os.environ | {"HOME": str(place), "SPEC_KITTY_HOME": str(place / "home"),
                                 "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        self.env.pop("SPECIFY_FEATURE", None)
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.repo)], check=True)
        who = ["-c", "user.name=reader", "-c", "user.email=reader@example.org"]
        subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "start"], check=True,
                       cwd=self.repo, env=self.env)

    def json_of(self, *words: str) -> dict:
        done = subprocess.run([self.binary, *words, "--json"], cwd=self.repo, env=self.env,
                              capture_output=True, text=True, timeout=120, check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {"ok": False, "error": {"message": done.stdout + done.stderr}}


class Comparison:
    def __init__(self) -> None:
        self.counts: collections.Counter = collections.Counter()
        self.kinds: collections.Counter = collections.Counter()
        self.errors: list[str] = []

    def expect(self, what: str, mine: object, theirs: object) -> None:
        if mine != theirs:
            self.errors.append(f"{what}: by hand {mine!r}, the program {theirs!r}")

    def compare(self, program: Program, feature: Feature) -> None:
        self.counts["features"] += 1
        shown = program.json_of("agent", "tasks", "status", "--feature", feature.slug)
        if not shown.get("ok"):
            self.errors.append(f"{feature.slug}: {shown['error']['message']}")
            return
        theirs = {each["wp_id"]: each for each in shown["work_packages"]}
        self.expect(f"{feature.slug}: work packages", sorted(feature.packages), sorted(theirs))
        self.kinds["unreadable"] += len(feature.unreadable)
        for wp in sorted(set(feature.packages) & set(theirs)):
            self.compare_package(feature, wp, theirs[wp])
        self.compare_dependencies(program, feature)

    def compare_package(self, feature: Feature, wp: str, theirs: dict) -> None:
        self.counts["work packages"] += 1
        name = f"{feature.slug} {wp}"
        lane, state = feature.lane(wp)
        self.expect(f"{name}: lane", lane, theirs["lane"])
        self.expect(f"{name}: state", state, theirs.get("state", lane))
        front = feature.packages[wp]
        if lane != (front.get("lane") or "planned"):
            self.kinds["lane of the log"] += 1
        title = front.get("title") or front.get("work_package_title") or front["path"].stem
        self.expect(f"{name}: title", str(title), theirs["title"])
        boxes = feature.document.boxes(wp)
        self.counts["boxes"] += len(boxes)
        self.expect(f"{name}: boxes", boxes,
                    [(each["id"], each["done"]) for each in theirs["subtasks"]])
        with_box = {each.id for each in feature.document.subtasks if each.box is not None}
        listed = feature.document.listed(wp) | text.subtask_ids(front.get("subtasks"))
        self.kinds["no box"] += len(listed - with_box)

    def compare_dependencies(self, program: Program, feature: Feature) -> None:
        for wp in sorted(feature.packages):
            for kind in feature.document.unread(wp):
                self.kinds[kind] += 1
            if not feature.document.dependencies(wp) and feature.dependencies(wp):
                self.kinds["frontmatter"] += 1
            self.counts["dependencies"] += len(feature.dependencies(wp))
        if feature.unreadable or not feature.packages:
            return
        done = program.json_of("agent", "feature", "finalize-tasks", "--no-auto-commit",
                               "--feature", feature.slug)
        problem = feature.problem()
        self.expect(f"{feature.slug}: refused", bool(problem), not done.get("ok"))
        if problem:
            self.kinds[problem] += 1
        elif done.get("ok"):
            mine = {wp: feature.dependencies(wp) for wp in feature.packages}
            for wp, theirs in done["dependencies"].items():
                self.expect(f"{feature.slug} {wp}: dependencies", sorted(mine[wp]), sorted(theirs))


def undocumented(docs: str) -> list[str]:
    """Kinds whose sentence is not in the documentation, however its lines are broken."""
    plain = re.sub(r"\s+", " ", docs)
    return [kind for kind, sentence in KINDS.items() if re.sub(r"\s+", " ", sentence) not in plain]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", required=True)
    parser.add_argument("--docs", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2] / "docs" / "cli.md")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    folder = given.folder / "kitty-specs"
    result = Comparison()
    result.errors += [f"not in {given.docs.name}: {KINDS[kind]}"
                      for kind in undocumented(given.docs.read_text("utf-8"))]
    with tempfile.TemporaryDirectory() as place:
        program = Program(given.program, folder, pathlib.Path(place))
        for slug in sorted(os.listdir(folder)):
            if (folder / slug).is_dir():
                result.compare(program, Feature(folder / slug))
    print(", ".join(f"{count} {name}" for name, count in result.counts.items()))
    for kind, count in result.kinds.most_common():
        if count:
            print(f"{count:6}  {kind}: {KINDS[kind]}")
    print(f"{len(result.errors)} read differently")
    for error in result.errors if given.verbose else result.errors[:20]:
        print("  " + error)
    return 1 if result.errors else 0


if __name__ == "__main__":
    sys.exit(main())
