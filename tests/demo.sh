#!/usr/bin/env bash
# The main job on real parts: many processes record events with no server in sight, then one
# command brings them to a server that really runs. Called by `./dev demo`.
set -euo pipefail
bin=$(cd "$1" && pwd)
place=$(mktemp -d)
export SPEC_KITTY_HOME="$place/home"
PATH="$bin:$PATH"
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$place"
}
trap finish EXIT

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
value() { python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

say "Record an event. No server, no login: it is kept."
cd "$place"
run spec-kitty emit WPStatusChanged --wp WP01 --field previous_status=planned --field new_status=doing

say "16 processes at once record 25 events each."
for worker in $(seq 16); do
  for _ in $(seq 25); do
    spec-kitty emit HistoryAdded --wp WP02 --field entry_type=note \
      --field "entry_content=worker $worker was here" >>ids
  done &
done
wait
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

say "A server starts on this machine."
spec-kitty dev-server --json --state "$place/server" >server.log &
server=$!
for _ in $(seq 100); do
  [ -s server.log ] && break
  sleep 0.05
done
run spec-kitty sync server "$(value url <server.log)"
SPEC_KITTY_PASSWORD=$(value password <server.log) run spec-kitty auth login --username dev

say "One command delivers everything, in order, in batches."
run spec-kitty sync now
run spec-kitty sync status

say "What the server has."
python3 - "$place/server/events.jsonl" <<'EOF'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
clocks = [event["lamport_clock"] for event in events]
ids = [event["event_id"] for event in events]
print(len(events), "events,", len(set(ids)), "different ids;",
      "clocks strictly rising:", all(a < b for a, b in zip(clocks, clocks[1:])))
sys.exit(0 if len(events) == len(set(ids)) == 5401 and sorted(set(clocks)) == clocks else 1)
EOF
