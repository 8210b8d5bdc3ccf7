#!/usr/bin/env python3
"""Types what people mistype, then what the answer tells them to type, as it is printed.

  mistakes.py FOLDER-OF-PROGRAMS

Each mistake is typed in a fresh repository with a session, must fail (or with `warned` only be
warned about), and must be answered with one of these, which is typed then and must work:

  run   a whole command of the answer; `then` is what must work after it, where that is not enough
  word  the word that was meant: the mistake is typed again with it
  say   no command can fix it: the answer names the thing to change, and where
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from examples import Place  # noqa: E402

EMIT = "spec-kitty emit WPStatusChanged --wp WP01 --field previous_status=planned " \
       "--field new_status=doing"
LOGIN = "spec-kitty auth login --username ann --password-stdin <password.txt"
MOVE = "spec-kitty agent tasks move-task WP01"
BEGUN = "spec-kitty -q implement WP01"
WORKED = "work WP01; work WP02"
BOARD = "timeout -s INT 3 spec-kitty board"
ENDED = "|| [ $? = 124 ]"


def run(typed, fix, **more):
    return {"typed": typed, "run": fix, **more}


def word(typed, wrong, right, **more):
    return {"typed": typed, "word": (wrong, right), **more}


def say(typed, *words, **more):
    return {"typed": typed, "say": words, **more}


def setting(key, value, *words):
    """A value that `config set` refuses."""
    return say(f"spec-kitty config set {key} {value}", *words)


def logged_out(typed, then):
    """What needs a session, where an event waits and nobody is logged in."""
    return run(typed, "spec-kitty auth login", with_session=True, then=then,
               setup=f"{EMIT}; {LOGIN}; spec-kitty auth logout")


MISTAKES = [
    # Commands.
    run("spec-kitty sycn status", "spec-kitty sync", say_only=True),
    run("spec-kitty sync nwo", "spec-kitty sync now"),
    run("spec-kitty sync stat", "spec-kitty sync status"),
    run("spec-kitty events lst", "spec-kitty events list"),
    run("spec-kitty event list", "spec-kitty events", say_only=True),
    run("spec-kitty clock shwo", "spec-kitty clock show"),
    run("spec-kitty config lst", "spec-kitty config list"),
    run("spec-kitty doctor", "spec-kitty sync doctor"),
    run("spec-kitty now", "spec-kitty sync now"),
    run("spec-kitty opt-out", "spec-kitty sync opt-out"),
    run("spec-kitty list-tasks", "spec-kitty agent tasks list-tasks"),
    run("spec-kitty finalize-tasks", "spec-kitty agent feature finalize-tasks"),
    run("spec-kitty auth staus", "spec-kitty auth status"),
    run("spec-kitty sync --now", "spec-kitty sync now"),
    run("spec-kitty daemon status", "spec-kitty sync daemon status"),
    run("spec-kitty status", "spec-kitty agent tasks status"),
    run("spec-kitty auth signin", "spec-kitty auth login", say_only=True),
    run("spec-kitty sync", "spec-kitty sync --help"),
    run("spec-kitty", "spec-kitty --help"),
    run("spec-kitty agent task status", "spec-kitty agent tasks", say_only=True),
    # Options.
    word(EMIT.replace("--wp", "--wpp"), "--wpp", "--wp"),
    word(EMIT.replace("--field", "--feild"), "--feild", "--field"),
    word("spec-kitty sync now --jsn", "--jsn", "--json"),
    word("spec-kitty sync now --quite", "--quite", "--quiet"),
    word("spec-kitty sync now --dryrun", "--dryrun", "--dry-run"),
    word("spec-kitty sync status --chek", "--chek", "--check"),
    word("spec-kitty implement WP01 --agnet claude", "--agnet", "--agent"),
    word("spec-kitty merge --stratgey squash --check --force", "--stratgey", "--strategy",
         setup=WORKED),
    word("spec-kitty events list --limt 3", "--limt", "--limit"),
    word(LOGIN.replace("--username", "--usernam"), "--usernam", "--username"),
    run("spec-kitty sync now later", "spec-kitty sync now --help"),
    say("spec-kitty events list --limit -1", "must be 0 or greater"),
    say("spec-kitty events list --state delivred", "delivered"),
    say("spec-kitty events list --since yesterday", "2d"),
    say("spec-kitty events list --grep", "--grep needs a value: TEXT"),
    run("spec-kitty implement", "spec-kitty implement --help"),
    word(MOVE + " doing", "doing", "--to doing"),
    word(MOVE + " --lane doing", "--lane", "--to"),
    word(MOVE.replace("move-task", "add-history") + " 'it is hot'", "'it is hot'",
         "--note 'it is hot'"),
    word(EMIT.replace("--field new", "new"), "new_status=doing", "--field 'new_status=doing'"),
    word("spec-kitty merge --check --force 001-login", "001-login", "--feature 001-login",
         setup=WORKED),
    say("spec-kitty agent tasks status --feature ''", "--feature", "give the name of a feature"),
    # Board, report, and what else a program of its own reads.
    run("spec-kitty baord", "spec-kitty board", say_only=True),
    word(f"{BOARD} --prot 0 {ENDED}", "--prot", "--port"),
    *[say(f"spec-kitty {typed} --port {port}", "--port must be from 0 to 65535")
      for typed in ("board", "dev-server") for port in ("99999", "abc")],
    run("spec-kitty board now", "spec-kitty board --help"),
    run("spec-kitty reprot", "spec-kitty report"),
    word("spec-kitty report 001-logn", "001-logn", "001-login"),
    word("spec-kitty report lgin", "lgin", "001-login"),
    word("spec-kitty report --format JSN", "JSN", "json"),
    say("spec-kitty report --format xml", "text, json, csv"),
    word("spec-kitty report --fromat csv", "--fromat", "--format"),
    say("spec-kitty dev-server --prot 1", "did you mean --port?"),
    say("spec-kitty help sync nwo", "did you mean spec-kitty sync now?"),
    # Features.
    run("spec-kitty feature", "spec-kitty feature --help"),
    run("spec-kitty feature create", "spec-kitty feature create --help"),
    run("spec-kitty feature create 'My Feature'", "spec-kitty feature create my-feature"),
    run("spec-kitty feature create UPPER", "spec-kitty feature create upper"),
    run("spec-kitty feature create 001-login", "spec-kitty agent tasks status --feature 001-login"),
    run("spec-kitty feature create login", "spec-kitty agent tasks status --feature 001-login"),
    run("spec-kitty feature create login --wp 'Log in'", "spec-kitty feature create 002-login",
        complete_line=True, then="test -f kitty-specs/002-login/tasks/WP01-log-in.md"),
    run("spec-kitty feature create 'My Feature' --wp \"Ann's\" --wp=-x --no-auto-commit",
        "spec-kitty feature create my-feature", complete_line=True,
        then="test -f kitty-specs/002-my-feature/tasks/WP02-x.md; git diff --cached --quiet"),
    say("spec-kitty feature create 001-pay", "001-login has the number 001, too", warned=True),
    run("spec-kitty feature create 2-pay --wp One", "spec-kitty feature create 002-pay --wp One"),
    run("spec-kitty feature create pay", "git config --global user.name", complete_line=True,
        setup="git config --unset user.name; git config --unset user.email",
        then="spec-kitty feature create pay && test -d kitty-specs/002-pay"),
    run("cd ../bare && spec-kitty feature create pay", "git clone", complete_line=True,
        setup="git init -q --bare ../bare", then="cd ../bare-work && spec-kitty init"),
    run("spec-kitty agent tasks status", "spec-kitty feature create my-feature",
        setup="git rm -rq kitty-specs; git commit -qm none", then="spec-kitty implement WP01"),
    say("spec-kitty agent tasks status --feature p", "several features: 002-pay, 003-poll",
        setup="spec-kitty -q feature create pay; spec-kitty -q feature create poll"),
    say("spec-kitty feature create ../", "small letters, digits and hyphens"),
    say("spec-kitty feature create pay --wp ''", "--wp is empty"),
    word("spec-kitty feature create pay --wps One", "--wps", "--wp"),
    word("spec-kitty feature crate pay", "spec-kitty feature crate", "spec-kitty feature create"),
    word("spec-kitty feature new pay", "spec-kitty feature new", "spec-kitty feature create"),
    # Events.
    word(EMIT.replace("WPStatusChanged", "WPStatusChange"), "WPStatusChange", "WPStatusChanged"),
    word("spec-kitty events types WPCreate", "WPCreate", "WPCreated"),
    run("spec-kitty emit", "spec-kitty emit --help"),
    word(EMIT.replace("previous_status", "previous"), "previous", "previous_status"),
    word(EMIT.replace("=doing", "=doin"), "doin", "doing"),
    word("spec-kitty emit HistoryAdded --wp WP01 --field entry_type=notes "
         "--field entry_content=x", "notes", "note"),
    run("spec-kitty emit FeatureCreated --field feature_slug=001-login",
        "spec-kitty events types FeatureCreated"),
    say(EMIT + " --causation abc", "causation_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    say("spec-kitty emit WPCreated --payload @/tmp", "--payload @"),
    say(EMIT.replace("new_status=doing", "new_status=working"), "new_status", "for_review"),
    say("spec-kitty emit WPStatusChanged --wp W1 --field previous_status=planned "
        "--field new_status=doing", "wp_id"),
    say("spec-kitty emit WPStatusChanged --payload '{bad'", "payload", "at byte 1"),
    say("spec-kitty emit WPStatusChanged --payload @nothing.json", "nothing.json"),
    run("spec-kitty events show 01ARZ3NDEKTSV4RRFFQ69G5FAV", "spec-kitty events list"),
    say("spec-kitty events import nothing.jsonl", "nothing.jsonl"),
    run("spec-kitty events discard 01ARZ3NDEKTSV4RRFFQ69G5FAV", "spec-kitty events retry",
        say_only=True),
    # Configuration.
    word("spec-kitty config get sync.timeout", "sync.timeout", "sync.timeout_s"),
    word("spec-kitty config set sync.timeouts 5", "sync.timeouts", "sync.timeout_s"),
    word("spec-kitty config unset websocket.enable", "websocket.enable", "websocket.enabled"),
    setting("sync.timeout_s", "0", "from 1 to 3600"),
    setting("sync.autostart", "yes", "true or false"),
    setting("sync.overflow", "drop", "reject"),
    setting("sync.proxy", "localhost:3128", "http://HOST:PORT"),
    run("spec-kitty config get sync.no_such_thing", "spec-kitty config list"),
    run("spec-kitty config", "spec-kitty config --help"),
    run("spec-kitty config set", "spec-kitty config set --help"),
    run("spec-kitty config set sync.timeout_s", "spec-kitty config get sync.timeout_s"),
    run("spec-kitty config set sync.timeout_s=5", "spec-kitty config set sync.timeout_s 5",
        then='test "$(spec-kitty config get sync.timeout_s)" = 5'),
    word("spec-kitty config set timeout_s 5", "timeout_s", "sync.timeout_s"),
    word("spec-kitty config get proxy", "proxy", "sync.proxy"),
    word("spec-kitty config remove sync.proxy", "spec-kitty config remove",
         "spec-kitty config unset"),
    word("spec-kitty config show", "spec-kitty config show", "spec-kitty config list"),
    word("spec-kitty config edit", "spec-kitty config edit", "spec-kitty config path"),
    setting("sync.max_queue_size", "1k", "whole number from 1"),
    setting("websocket.envelope", "json", "bare|flat|nested"),
    setting("sync.server_url", "ftp://x", "https://"),
    run("spec-kitty config set sync.proxy off", "spec-kitty config set sync.proxy none"),
    setting("sync.proxy", "http://proxy:port", "port", "http://HOST:PORT"),
    setting("sync.proxy", "http://127.0.0.1", "names no port", "http://HOST:PORT"),
    setting("sync.proxy", "http://127.0.0.1:99999", "port", "http://HOST:PORT"),
    setting("sync.proxy", "socks5://127.0.0.1:1080", "http://HOST:PORT"),
    # Servers and sessions.
    say("spec-kitty sync server http://sync.example.com", "use https://"),
    say("spec-kitty sync server sync.example.com", "https://"),
    say("spec-kitty sync server https://ann:secret@sync.example.com", "without them"),
    say("spec-kitty sync server ''", "give a URL such as https://sync.example.com"),
    say("spec-kitty sync watch --after -1", "--after must be 0 or greater"),
    say("spec-kitty config --help >/dev/full", "cannot write to stdout"),
    run('spec-kitty sync server "$(spec-kitty config get sync.server_url)/api/v1"',
        "spec-kitty sync server http://127.0.0.1:", complete_line=True, then=LOGIN, warned=True),
    *[logged_out(f"spec-kitty {typed}", f"spec-kitty {typed}")
      for typed in ("sync now", "sync now --dry-run", "auth status")],
    say(LOGIN, "no-such-host.invalid", "spec-kitty sync server",
        setup="spec-kitty sync server https://no-such-host.invalid"),
    run(LOGIN, "spec-kitty config set sync.proxy none", then="spec-kitty config get sync.proxy",
        setup="spec-kitty config set sync.proxy http://127.0.0.1:9; "
              "spec-kitty sync server https://127.0.0.1:9"),
    run(LOGIN, "spec-kitty sync server http://127.0.0.1:", complete_line=True, then=LOGIN,
        setup='spec-kitty sync server "$(spec-kitty config get sync.server_url | '
              'sed s/http:/https:/)"'),
    # Files that are not what they should be.
    run("spec-kitty events list", "mv ", complete_line=True, then="spec-kitty events list",
        setup="rm -rf ../home/queue; touch ../home/queue"),
    run("spec-kitty sync doctor", "mv ", complete_line=True, then="spec-kitty sync doctor",
        setup="rm -rf ../home/queue; touch ../home/queue; chmod 600 ../home/queue"),
    run("spec-kitty events list", "mv ", complete_line=True, then="spec-kitty events list",
        setup="rm ../home/config.toml; mkdir ../home/config.toml"),
    say("spec-kitty config get sync.proxy", "config.toml", "line 1",
        setup="echo '[sync' >../home/config.toml"),
    say("spec-kitty config get sync.proxy", "did you mean sync.timeout_s?", warned=True,
        setup="echo 'timout_s = 5' >>../home/config.toml"),
    say("SPEC_KITTY_SYNC_TIMEOUT=5 spec-kitty config get sync.timeout_s",
        "did you mean SPEC_KITTY_SYNC_TIMEOUT_S?", warned=True),
    say("SPEC_KITTY_SYNC_TIMEOUT_S=x spec-kitty sync now", "SPEC_KITTY_SYNC_TIMEOUT_S",
        "from 1 to 3600"),
    say("ln -s nowhere link; spec-kitty events import link", "cannot read link"),
    say("spec-kitty events import /tmp", "cannot read /tmp: Is a directory"),
    say("spec-kitty sync now --report /nothing/report.json", "/nothing/report.json"),
    # Work packages.
    run(MOVE + " --to in_progress", MOVE + " --to doing", setup=BEGUN),
    run(MOVE + " --to review", MOVE + " --to for_review", setup="work WP01"),
    run(MOVE + " --to panned", MOVE + " --to planned", setup=BEGUN),
    run("spec-kitty agent tasks list-tasks --lane todo",
        "spec-kitty agent tasks list-tasks --lane planned"),
    # What was typed beside the mistake stays.
    run("spec-kitty agent tasks list-tasks --lane todo --feature 1",
        "spec-kitty agent tasks list-tasks --lane planned --feature 1"),
    run(MOVE + " --to wip --note \"it's on\" --agent bob", MOVE + " --to doing",
        complete_line=True, then="grep \"bob.*it's on\" kitty-specs/001-login/tasks/WP01-*"),
    run("spec-kitty implement WP01 --agent ann --no-auto-commit",
        "spec-kitty implement WP01 --feature 001-login --agent bob --no-auto-commit",
        setup="spec-kitty -q implement WP01 --agent bob"),
    run("spec-kitty --home other config get proxy", "spec-kitty --home other config list",
        say_only=True),
    run("spec-kitty --home other sync now", "spec-kitty --home other sync server",
        complete_line=True, then="grep -r sync.example.com other/config.toml"),
    word("spec-kitty agent tasks status --feature 001-logn", "001-logn", "001-login"),
    word("spec-kitty agent tasks status --feature lgin", "lgin", "001-login"),
    run("spec-kitty implement WP07", "spec-kitty agent tasks status --feature 001-login"),
    run("spec-kitty implement WP1x", "spec-kitty agent tasks status --feature 001-login"),
    say(MOVE + " --to for_review", "T001", setup=BEGUN),
    say("spec-kitty agent tasks mark-status T009 --status done", "T009"),
    word("spec-kitty agent tasks mark-status T1 --status done", "T1", "T001"),
    word("spec-kitty agent tasks mark-status t002 --status done", "t002", "T002"),
    word("spec-kitty merge --check --force --target mian", "mian", "main",
         setup=WORKED),
    say("spec-kitty agent tasks mark-status T001 --status finished", "done"),
    run("spec-kitty accept", "spec-kitty implement WP01 --feature 001-login"),
    run("spec-kitty accept --test ./check.sh", "chmod +x", complete_line=True,
        setup=WORKED + "; spec-kitty -q merge --force; echo exit 0 >check.sh; "
              "git add check.sh; git commit -qm check; chmod -x check.sh", then="./check.sh"),
]


def printed_command(answer, command, complete_line):
    """The command as it stands in the answer: up to the end of the line where that is asked."""
    at = answer.index(command)
    return answer[at:].splitlines()[0].strip() if complete_line else command


def follow(place_of, place, mistake, answer):
    """Types what the answer says; raises AssertionError where that does not help."""
    if "say" in mistake:
        for words in mistake["say"]:
            assert words in answer, f"the answer does not name {words!r}"
        return
    if "word" in mistake:
        wrong, right = mistake["word"]
        assert f"did you mean {right}?" in answer, f"the answer does not suggest {right}"
        place_of.shell(place, mistake["typed"].replace(wrong, right))
        return
    assert mistake["run"] in answer, f"the answer does not have the command {mistake['run']!r}"
    if mistake.get("say_only"):
        return
    fix = printed_command(answer, mistake["run"], mistake.get("complete_line"))
    if mistake.get("with_session"):
        fix += " --username ann --password-stdin <password.txt"
    place_of.shell(place, fix)
    place_of.shell(place, mistake.get("then", "true"))


def try_mistake(place_of, number, mistake):
    place = place_of.fresh(f"mistake-{number}")
    answer = ""
    try:
        place_of.shell(place, mistake.get("setup", "true"))
        done = place_of.shell(place, mistake["typed"], None)
        answer = done.stdout + done.stderr
        assert (done.returncode == 0) == mistake.get("warned", False), f"status {done.returncode}"
        follow(place_of, place, mistake, answer)
        return True
    except (AssertionError, subprocess.TimeoutExpired) as problem:
        print(f"FAILED: {mistake['typed']}\n{answer}{problem}\n", flush=True)
        return False
    finally:
        shutil.rmtree(place)


def try_all(place_of, mistakes, least):
    worked = [try_mistake(place_of, number, mistake) for number, mistake in enumerate(mistakes)]
    print(f"{sum(worked)} of {len(worked)} mistakes are answered with what fixes them")
    return 0 if all(worked) and len(worked) >= least else 1


def main():
    with tempfile.TemporaryDirectory(prefix="spec-kitty-mistakes-") as folder:
        place = Place(sys.argv[1], pathlib.Path(folder))
        try:
            return try_all(place, MISTAKES, 100)
        finally:
            place.end()


if __name__ == "__main__":
    sys.exit(main())
