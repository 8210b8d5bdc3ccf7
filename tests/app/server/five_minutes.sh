#!/bin/sh
# The first five minutes of docs/server.md, from the installed programs: a server with TLS by an
# authority of our own, two teams, users on two homes, a token for a machine, and a reader.
#
#   five_minutes.sh FOLDER_OF_THE_PROGRAMS
set -eu

programs=$1
scratch=$(mktemp -d)
server=""
finish() {
  status=$?
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ "$status" -eq 0 ] || { echo "failed; the server's log:" >&2; cat "$scratch/server.log" >&2 || true; }
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT
PATH="$programs:$PATH"
SPEC_KITTY_SERVER_STATE="$scratch/state"
SPEC_KITTY_SERVER_LISTEN=127.0.0.1:0
SPEC_KITTY_SERVER_TLS_CERTIFICATE="$scratch/server.pem"
SPEC_KITTY_SERVER_TLS_KEY="$scratch/server.key"
export PATH SPEC_KITTY_SERVER_STATE SPEC_KITTY_SERVER_LISTEN
export SPEC_KITTY_SERVER_TLS_CERTIFICATE SPEC_KITTY_SERVER_TLS_KEY
cd "$scratch"

json() { python3 -c 'import json,sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }
expect() { [ "$2" = "$3" ] || { echo "$1: expected $3, got $2" >&2; exit 1; }; }

# ── An authority and a certificate. ───────────────────────────────────────────────────────────────
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
  -days 2 -subj "/CN=our own authority" -addext keyUsage=critical,keyCertSign 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr \
  -subj "/CN=localhost" 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
  -out server.pem 2>/dev/null

# ── The server, its teams and users. ──────────────────────────────────────────────────────────────
printf 'the password of ann\n' | spec-kitty-server init --team alpha --admin ann --password-stdin
mkfifo greeting
spec-kitty-server run --json >greeting 2>server.log &
server=$!
url=$(json url <greeting)
spec-kitty-server team add beta --name "The second team"
printf 'the password of bob\n' | spec-kitty-server user add bob --password-stdin
printf 'the password of rea\n' | spec-kitty-server user add rea --password-stdin
spec-kitty-server member add --team beta --user bob
spec-kitty-server member add --team alpha --user rea --role reader
token=$(spec-kitty-server token create --user bob --team beta --name build --expires 90d --json | json token)

# ── Homes: ann in alpha, bob in beta, a machine in beta, a reader in alpha. ───────────────────────
home() {
  name=$1
  shift
  HOME="$scratch/$name" SPEC_KITTY_HOME="$scratch/$name/.spec-kitty" SPEC_KITTY_TLS_CA_FILE="$scratch/ca.pem" \
    spec-kitty "$@"
}
for name in ann bob machine rea; do
  mkdir "$name"
  home "$name" emit WPStatusChanged --wp WP01 --field previous_status=planned --field new_status=doing
  home "$name" sync server "$url"
done
for name in ann bob rea; do
  printf 'the password of %s\n' "$name" | home "$name" auth login --username "$name" --password-stdin
done
printf '%s\n' "$token" | home machine auth login --token-stdin
for name in ann bob machine; do
  home "$name" sync now
  expect "events of $name left" "$(home "$name" sync status --json | python3 -c \
    'import json,sys; print(json.load(sys.stdin)["queue"]["queued"])')" 0
done
status=0
home rea sync now || status=$?
expect "the exit status of a reader's sync now" "$status" 4
expect "the reader's role" "$(home rea auth status --json | json role)" reader

# ── Who has what. ─────────────────────────────────────────────────────────────────────────────────
expect "events of alpha" "$(spec-kitty-server team export alpha | wc -l)" 1
expect "events of beta" "$(spec-kitty-server team export beta | wc -l)" 2
kill -TERM "$server"
wait "$server"
server=""
spec-kitty-server check
expect "events of beta, read without a server" "$(spec-kitty-server team export beta | wc -l)" 2
echo "done"
