"""Which folder may include which: the arrows of docs/architecture.md, and no cycle.

Every `#include` of a project header becomes an arrow from one folder to another. An arrow that the
table does not hold is a finding, and so are a cycle between folders, a cycle between the libraries
of CMake, and a source file that lies loose in app/.
"""

import posixpath
import re

from source import CPP, Finding, Tree, code_only, line_of

# The chain util <- messages <- config <- actors <- app/home: each stands on all below it.
UTIL = ["util"]
SCHEMA = UTIL + ["messages/schema"]
MESSAGES = SCHEMA + ["messages"]
CONFIG = MESSAGES + ["config"]
ROLES = ["actors/auth", "actors/batch_sync", "actors/clock", "actors/http", "actors/link",
         "actors/queue", "actors/supervisor", "actors/websocket"]
ACTORS = CONFIG + ROLES
HOME = ACTORS + ["app/home"]

# Folder -> the folders it may include from (besides itself).
ALLOWED: dict[str, list[str]] = {
    "util": [],                 # knows nothing of spec-kitty
    "messages/schema": UTIL,    # JSON against a JSON Schema; it knows no event
    "messages": SCHEMA,         # what the parts say to each other, and its validation
    "config": MESSAGES,         # a home's files
    # The roles see what is below them, and of each other what is listed here. Most arrows go to a
    # role's pure core; actors of two roles know each other by messages/interfaces.hpp alone.
    "actors/clock": CONFIG,
    "actors/http": CONFIG,
    "actors/link": CONFIG,
    "actors/queue": CONFIG + ["actors/clock"],  # the store ticks the clock of what it appends
    "actors/auth": CONFIG + ["actors/http"],    # the failure of a request
    "actors/batch_sync": CONFIG + ["actors/auth", "actors/clock", "actors/http"],
    "actors/supervisor": CONFIG + ["actors/batch_sync", "actors/clock"],  # Retry-After, clock
    "actors/websocket": CONFIG + ["actors/auth", "actors/clock", "actors/http", "actors/link"],
    "app/home": ACTORS,         # a home's actors composed
    "app/workflow": CONFIG,     # features, work packages, git; no actor
    "app/daemon": HOME,
    "app/orchestrate": HOME + ["app/workflow"],
    "app/embed": HOME,
    "app/cli": HOME + ["app/daemon", "app/orchestrate", "app/embed", "app/workflow",
                       "app/board/core", "app/board/sources"],
    "app/store_check": CONFIG + ["actors/clock", "actors/queue"],  # reads a store, and no more
    "app/agent_runner": UTIL,   # small, because one runs beside each agent
    "app/listener": MESSAGES,   # HTTP for whatever program answers it
    "app/board/core": MESSAGES,  # what a board shows; pure
    "app/board/page": UTIL,      # the page, which a program serves
    "app/board/api": MESSAGES + ["app/listener", "app/board/core", "app/board/page"],
    # The board of one repository and home; then the program that serves it.
    "app/board/sources": HOME + ["app/workflow", "app/board/core"],
    "app/board/local": HOME + ["app/workflow", "app/listener", "app/board/api", "app/board/core",
                               "app/board/page", "app/board/sources"],
    "app/server/core": MESSAGES,  # what the team server decides; pure
    "app/server/store": MESSAGES + ["app/server/core"],  # the interface, and the engine in lmdb/
    "app/server/pages": MESSAGES + ["app/listener", "app/server/core", "app/server/store",
                                    "app/board/api"],
    # Administration: commands on a store.
    "app/server": CONFIG + ["app/server/core", "app/server/store", "app/server/actors",
                            "app/server/admin", "app/server/dev", "app/server/pages",
                            "app/listener"],
    "app/server/admin": CONFIG + ["app/server/core", "app/server/store", "app/listener"],
    # What `run --dev` adds: an account, options, faults between the listener and the server.
    "app/server/dev": CONFIG + ["app/server/core", "app/server/store", "app/server/admin",
                                "app/listener"],
    "app/server/actors": CONFIG + ["app/listener", "app/server/core", "app/server/store",
                                   "app/server/pages", "app/board/api", "app/board/core"],
}
# These see everything, and are seen by nothing but what is listed with them.
SEES_EVERYTHING = ["app/chaos", "benchmarks", "tests"]
SEEN_BY = {"app/chaos": ["tests", "benchmarks"], "benchmarks": ["tests"], "tests": []}
# Public headers that CMake makes of headers in messages/ and util/.
GENERATED = {"spec_kitty/api.hpp": "messages", "spec_kitty/result.hpp": "messages",
             "spec_kitty/payloads.hpp": "messages"}
PUBLIC_HEADERS = "app/embed/include"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)


def folder_of(path: str) -> str:
    """The folder of the table that a file belongs to: its parts belong to it."""
    parts = posixpath.dirname(path).split("/")
    if parts[:2] == ["messages", "schema"]:
        return "messages/schema"
    if parts[:2] in (["app", "server"], ["app", "board"]):
        return "/".join(parts[:3])
    return "/".join(parts[:2]) if parts[0] in ("app", "actors") else parts[0]


def resolve(include: str, quoted: bool, path: str, files: set[str]) -> str | None:
    """The folder an include leads to; '' outside of the project; None where it leads nowhere."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), include))
    for candidate in ([beside] if quoted else []) + [include, f"{PUBLIC_HEADERS}/{include}"]:
        if candidate in files or candidate + ".in" in files:
            return folder_of(candidate)
    if include in GENERATED:
        return GENERATED[include]
    known = include.split("/")[0] in ("util", "messages", "config", "actors", "app", "tests",
                                      "benchmarks", "spec_kitty")
    return None if known or (quoted and "/" not in include) else ""


def may_see(source: str, target: str) -> bool:
    if source == target:
        return True
    if target in SEEN_BY:
        return source in SEEN_BY[target]
    return source in SEES_EVERYTHING or target in ALLOWED.get(source, [])


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle of the graph, its first node again at the end; empty without a cycle."""
    done: set[str] = set()

    def walk(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if cycle := walk(target, trail + [node]):
                return cycle
        done.add(node)
        return []

    for start in sorted(graph):
        if cycle := walk(start, []):
            return cycle
    return []


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Cycles, one after the other: the last arrow of each is removed before the next search."""
    left = {node: set(targets) for node, targets in graph.items()}
    found = []
    while cycle := find_cycle(left):
        found.append(cycle)
        left[cycle[-2]].discard(cycle[-1])
    return found


def check_includes(tree: Tree, findings: list[Finding]) -> str:
    files = set(tree.files)
    graph: dict[str, set[str]] = {}
    first: dict[tuple[str, str], tuple[str, int]] = {}
    read = forbidden = 0
    for path in tree.having(*CPP):
        if path.startswith("tests/consumer/"):
            continue  # somebody else's project: it sees what is installed
        read += 1
        source, text = folder_of(path), tree.text(path)
        graph.setdefault(source, set())
        if source not in ALLOWED and source not in SEES_EVERYTHING and source != "cmake":
            if source != "app":  # check_loose names these
                findings.append(Finding(path, 1, f"{source} is not in the table of arrows"))
        # Code alone tells whether a directive is commented out; the name is in the text.
        code = code_only(text)
        for match in INCLUDE.finditer(text):
            if "#" not in code[match.start():match.start(1)]:
                continue
            line, name = line_of(text, match.start(2)), match.group(2)
            target = resolve(name, match.group(1) == '"', path, files)
            if target is None:
                findings.append(Finding(path, line, f"\"{name}\" is not a tracked header"))
            if not target:
                continue
            if target != source:
                graph[source].add(target)
                first.setdefault((source, target), (path, line))
            if not may_see(source, target):
                forbidden += 1
                allowed = ", ".join(ALLOWED.get(source, [])) or "nothing"
                findings.append(Finding(path, line, f"forbidden arrow {source} -> {target} by "
                                        f"\"{name}\"; {source} may include {allowed}"))
    graph.pop("tests", None)
    found = cycles(graph)
    for cycle in found:
        path, line = first[cycle[-2], cycle[-1]]
        findings.append(Finding(path, line, "cycle between folders: " + " -> ".join(cycle)))
    arrows = sum(len(targets) for targets in graph.values())
    return (f"include graph: {read} files, {arrows} arrows between {len(graph)} folders, "
            f"{len(found)} cycles, {forbidden} forbidden")


COMMAND = re.compile(r"\b(add_library|target_link_libraries)\s*\(([^()]*)\)", re.IGNORECASE)
LINK_WORDS = {"PUBLIC", "PRIVATE", "INTERFACE"}


def check_libraries(tree: Tree, findings: list[Finding]) -> str:
    """No cycle between what target_link_libraries says."""
    aliases: dict[str, str] = {}
    links: list[tuple[str, str, str, int]] = []
    for path in tree.files:
        if not path.endswith(("CMakeLists.txt", ".cmake")) or path.startswith("tests/consumer/"):
            continue
        text = re.sub(r"#[^\n]*", lambda match: " " * len(match.group()), tree.text(path))
        for match in COMMAND.finditer(text):
            words = match.group(2).replace('"', " ").split()
            if match.group(1).lower() == "add_library":
                if len(words) == 3 and words[1] == "ALIAS":
                    aliases[words[0]] = words[2]
                continue
            line = line_of(text, match.start())
            links += [(words[0], word, path, line) for word in words[1:] if word not in LINK_WORDS]
    graph: dict[str, set[str]] = {}
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for source, target, path, line in links:
        source, target = aliases.get(source, source), aliases.get(target, target)
        graph.setdefault(source, set()).add(target)
        first.setdefault((source, target), (path, line))
    found = cycles(graph)
    for cycle in found:
        path, line = first[cycle[-2], cycle[-1]]
        findings.append(Finding(path, line, "cycle between libraries: " + " -> ".join(cycle)))
    return f"libraries: {len(graph)} targets that link, {len(found)} cycles"


def check_loose(tree: Tree, findings: list[Finding]) -> None:
    for path in tree.files:
        if posixpath.dirname(path) == "app" and path != "app/CMakeLists.txt":
            findings.append(Finding(path, 1, "app/ has no loose files: move it into the folder of "
                                    "its program"))


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    check_loose(tree, findings)
    libraries = check_libraries(tree, findings)
    return findings, [libraries, check_includes(tree, findings)]
