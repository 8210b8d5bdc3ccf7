#!/usr/bin/env bash
# The main job on real parts: a feature's life in a real repository, with the server away in the
# middle of it; then many processes at once. Called by `./dev demo`.
set -euo pipefail
bin=$(cd "$1" && pwd)
place=$(mktemp -d)
export SPEC_KITTY_HOME="$place/home" HOME="$place/user" GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=demo GIT_AUTHOR_EMAIL=demo@example.org
export GIT_COMMITTER_NAME=demo GIT_COMMITTER_EMAIL=demo@example.org
PATH="$bin:$PATH"
server=
finish() {
  spec-kitty sync daemon stop --quiet >/dev/null 2>&1 || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$place"
}
trap finish EXIT

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
value() { python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

start_server() { # options
  : >"$place/server.log"
  spec-kitty dev-server --json --state "$place/server" "$@" >"$place/server.log" &
  server=$!
  for _ in $(seq 200); do
    [ -s "$place/server.log" ] && return
    sleep 0.05
  done
}
stop_server() { kill "$server"; wait "$server" 2>/dev/null || true; server=; }

fetch_arrived() { # what the server has, into the file `arrived`: one event in a line
  spec-kitty-server --state "$place/server" team export dev-team |
    python3 -c 'import json, sys
for line in sys.stdin: print(json.dumps(json.loads(line)["event"]))' >"$place/arrived"
}

what_arrived() { # from which line on
  fetch_arrived
  python3 - "$place/arrived" "$1" <<'PY'
import json, sys
for line in open(sys.argv[1]).readlines()[int(sys.argv[2]):]:
    event = json.loads(line)
    payload = event["payload"]
    said = payload.get("entry_content") or payload.get("title") or payload.get("error_message") or \
        " → ".join(payload[k] for k in ("previous_status", "new_status") if k in payload)
    print(f'{event["lamport_clock"]:4}  {event["event_type"]:17} {event["aggregate_id"]:8} {said[:70]}')
PY
}

say "A small repository: a feature with two work packages, the second built on the first."
mkdir -p "$place/tea/kitty-specs/001-tea/tasks" "$HOME"
cd "$place/tea"
git init --quiet --initial-branch=main
cat >kitty-specs/001-tea/tasks.md <<'MD'
# Work Packages: Tea

## Work Package WP01: Kettle

- [ ] T001 Boil the water

## Work Package WP02: Cup

- [ ] T002 Warm the cup

### Dependencies

- Depends on WP01 (hot water)
MD
printf '{\n  "feature_number": "001",\n  "slug": "001-tea",\n  "target_branch": "main"\n}\n' \
  >kitty-specs/001-tea/meta.json
for number in 1 2; do
  printf -- '---\nwork_package_id: "WP0%s"\ntitle: "%s"\nlane: "planned"\nagent: ""\n---\n\n# What to do\n' \
    "$number" "$([ "$number" = 1 ] && echo Kettle || echo Cup)" >"kitty-specs/001-tea/tasks/WP0$number.md"
done
run spec-kitty init --name tea
git add -A && git commit --quiet -m "Plan some tea"

say "A server starts on this machine; we log in."
start_server
run spec-kitty sync server "$(value url <"$place/server.log")"
port=$(value url <"$place/server.log" | sed 's/.*://; s,/.*,,')
SPEC_KITTY_PASSWORD=$(value password <"$place/server.log") run spec-kitty auth login --username dev

say "The feature is announced, and somebody starts on WP01."
run spec-kitty agent feature finalize-tasks
run spec-kitty implement WP01 --agent claude
run spec-kitty sync now
what_arrived 0

say "The server is away. The work continues."
stop_server
echo "hot" >.worktrees/001-tea-WP01/water.txt
git -C .worktrees/001-tea-WP01 add -A && git -C .worktrees/001-tea-WP01 commit --quiet -m "Boil"
run spec-kitty agent tasks move-task WP01 --to for_review --agent claude || true
run spec-kitty agent tasks mark-status T001 --status done
run spec-kitty agent tasks move-task WP01 --to for_review --agent claude --note "it whistles"
echo "Hotter, please." >"$place/feedback.md"
run spec-kitty agent tasks move-task WP01 --to planned --review-feedback-file "$place/feedback.md" --reviewer bob
run spec-kitty implement WP01 --agent claude
echo "hotter" >.worktrees/001-tea-WP01/water.txt
git -C .worktrees/001-tea-WP01 commit --quiet --all -m "Boil again"
run spec-kitty agent tasks mark-status T001 --status done
run spec-kitty implement WP02 --base WP01 --agent codex
echo "warm" >.worktrees/001-tea-WP02/cup.txt
git -C .worktrees/001-tea-WP02 add -A && git -C .worktrees/001-tea-WP02 commit --quiet -m "Warm"
run spec-kitty agent tasks mark-status T002 --status done
run spec-kitty agent tasks status
run spec-kitty sync now || echo "(exit status $?: not delivered, all events are kept)"

say "The server is back: merge, accept, deliver."
start_server --port "$port"
run spec-kitty merge
run spec-kitty accept --actor bob --test "test -f cup.txt"
run spec-kitty accept --actor bob
run spec-kitty sync now
what_arrived 4
git log --oneline --graph
[ -z "$(git status --porcelain)" ]
life=$(wc -l <"$place/arrived")

say "16 processes at once record 25 events each."
cd "$place"
for worker in $(seq 16); do
  for _ in $(seq 25); do
    spec-kitty emit HistoryAdded --wp WP02 --field entry_type=note \
      --field "entry_content=worker $worker was here" >>ids
  done &
  workers[worker]=$!
done
wait "${workers[@]}"
printf '%s events, %s different ids\n' "$(wc -l <ids)" "$(sort -u ids | wc -l)"
run spec-kitty clock show

say "A stream of 5,000 more, committed in groups."
for number in $(seq 5000); do
  printf '{"event_type":"HistoryAdded","payload":{"wp_id":"WP03","entry_type":"note","entry_content":"note %s"}}\n' "$number"
done >stream
time spec-kitty emit --stdin <stream >answers
tail -n 1 answers

say "An invalid event is refused: nothing is stored, the clock does not tick."
run spec-kitty emit WPStatusChanged --wp WP1 || true

say "One command delivers everything, in order, in batches."
run spec-kitty sync now
run spec-kitty sync status

say "What the server has."
fetch_arrived
python3 - "$place/arrived" "$life" <<'EOF2'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
life = int(sys.argv[2])
clocks = [event["lamport_clock"] for event in events]
ids = [event["event_id"] for event in events]
print(len(events), "events,", len(set(ids)), "different ids;", life, "of the feature's life;",
      "clocks strictly rising:", all(a < b for a, b in zip(clocks, clocks[1:])))
moves = [(e["aggregate_id"], e["payload"]["previous_status"], e["payload"]["new_status"])
         for e in events[:life] if e["event_type"] == "WPStatusChanged"]
expected = [("WP01", "planned", "doing"), ("WP01", "doing", "for_review"),
            ("WP01", "for_review", "planned"), ("WP01", "planned", "doing"),
            ("WP02", "planned", "doing"), ("WP01", "doing", "for_review"),
            ("WP02", "doing", "for_review"), ("WP01", "for_review", "done"),
            ("WP02", "for_review", "done")]
print("every move of the board once, in order:", moves == expected)
good = len(events) == len(set(ids)) == life + 5400 and sorted(set(clocks)) == clocks
sys.exit(0 if good and moves == expected else 1)
EOF2

say "A daemon keeps a connection: an event is on the server milliseconds after its command."
run spec-kitty sync daemon start
for _ in $(seq 100); do
  spec-kitty sync status | grep -q "^connection  Connected" && break
  sleep 0.05
done
run spec-kitty emit HistoryAdded --wp WP01 --field entry_type=note --field "entry_content=hello"
python3 - "$place/server.log" <<'EOF3'
import subprocess, sys, time
emit = ["spec-kitty", "emit", "HistoryAdded", "--quiet", "--wp", "WP01", "--field", "entry_type=note",
        "--field", "entry_content=how fast?"]
worst = 0
with open(sys.argv[1]) as server:
    for _ in range(5):
        server.seek(0, 2)
        began = time.monotonic()
        event_id = subprocess.run(emit, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
        command = time.monotonic() - began
        seen = ""
        while event_id not in seen and time.monotonic() - began < 10:
            seen += server.read()
        whole = time.monotonic() - began
        worst = max(worst, whole)
        print(f"{event_id}: command {command * 1000:.1f} ms, on the server after {whole * 1000:.1f} ms")
sys.exit(0 if worst < 10 else 1)
EOF3
run spec-kitty sync daemon stop
