#!/usr/bin/env python3
"""The tests of the consumer project: run.py PROGRAM TEST ARGUMENTS…

PROGRAM is `spec-kitty` of the install tree. Each test has a folder, homes and, where delivery
matters, a dev-server of its own. Nothing is printed but what went wrong."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60  # no program here needs longer


class Place:
    """A folder with homes and perhaps a server; all of it is gone afterwards."""

    def __init__(self, program):
        self.program = program
        self.prefix = pathlib.Path(program).parent.parent
        self.folder = tempfile.TemporaryDirectory(prefix="spec-kitty-consumer-")
        self.path = pathlib.Path(self.folder.name)
        self.server = None
        self.greeting = {}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SPEC_KITTY_")}
        self.env["HOME"] = str(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.kill()
            self.server.wait()
        self.folder.cleanup()

    def run(self, *command, **more):
        return run(*command, env={**self.env, **more.pop("env", {})}, cwd=self.path, **more)

    def kitty(self, home, *arguments, **more):
        return self.run(self.program, *arguments, env={"SPEC_KITTY_HOME": str(home), **more})

    def home(self, name="home"):
        return self.path / name

    def start_server(self, *options):
        log = self.path / "server.log"
        with open(log, "w") as out:
            self.server = subprocess.Popen(
                [self.program, "dev-server", "--json", "--state", self.path / "server", *options],
                stdout=out, env=self.env, cwd=self.path)
        wait_for(lambda: "\n" in log.read_text(), "the dev-server's greeting")
        self.greeting = json.loads(log.read_text().splitlines()[0])

    def logged_in(self, name="home"):
        """A home with a session at the server."""
        home = self.home(name)
        self.kitty(home, "sync", "server", self.greeting["url"])
        self.kitty(home, "auth", "login", "--username", self.greeting["username"],
                   SPEC_KITTY_PASSWORD=self.greeting["password"])
        return home

    def arrived(self):
        server = pathlib.Path(self.program).parent / "spec-kitty-server"
        exported = self.run(server, "--state", self.path / "server", "team", "export",
                            self.greeting["team_slug"]).stdout
        return [json.loads(line)["event"] for line in exported.splitlines()]

    def recorded(self, home):
        listing = self.kitty(home, "events", "export").stdout
        return [json.loads(line) for line in listing.splitlines()]


def run(*command, expect=0, **more):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=SECONDS, **more)
    check(done.returncode == expect,
          f"{command} ended with {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}")
    return done


def check(holds, otherwise):
    if not holds:
        sys.exit(f"FAILED: {otherwise}")


def wait_for(holds, what, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        check(time.monotonic() < end, f"waited {seconds} s for {what}")
        time.sleep(0.02)


# ── the examples ─────────────────────────────────────────────────────────────────────────────────
def start_service(place, service, home):
    process = subprocess.Popen([service], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**place.env, "SPEC_KITTY_HOME": str(home)}, cwd=place.path)
    return process, process.stdout.readline().strip()


def fetch(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as reply:
        return reply.read().decode()


def an_http_service_records_its_requests(place, service):
    place.start_server()
    process, url = start_service(place, service, place.logged_in())
    for _ in range(20):
        check(fetch(url + "/hello") == "hello\n", "the service does not greet")
    status = json.loads(fetch(url + "/status"))
    check(status["dropped"] == 0, f"the status is {status}")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=SECONDS)
    check(process.returncode == 0 and err == "", f"it ended with {process.returncode}: {err}")
    notes = [event["payload"]["entry_content"] for event in place.arrived()]
    check(notes == ["GET /hello: 200"] * 20 + ["GET /status: 200"], f"the server has {notes}")


def an_http_service_ends_in_time_without_a_server(place, service):
    place.start_server()
    home = place.logged_in()
    place.server.kill()
    place.server.wait()
    process, url = start_service(place, service, home)
    fetch(url + "/hello")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=SECONDS)
    took = time.monotonic() - began
    check(process.returncode == 0 and took < 12, f"{process.returncode} after {took:.1f} s: {err}")
    check("1 events wait for the next start" in err, f"it printed {err!r}")
    check(len(place.recorded(home)) == 1, "the event is not in the home")


def a_caf_application_uses_the_actors(place, application):
    place.start_server()
    done = place.run(application, place.logged_in())
    ids = done.stdout.split()
    check(len(set(ids)) == 3, f"it printed {done.stdout}")
    check([event["event_id"] for event in place.arrived()] == ids, "the server has other events")


def a_shop_has_an_event_type_of_its_own(place, shop):
    schema = place.path / "order.json"
    schema.write_text(place.run(shop, "schema").stdout)
    place.start_server("--accept-type", f"OrderPlaced={schema}")
    home = place.logged_in()
    lines = place.run(shop, home, 25).stdout.splitlines()
    check(len(lines) == 26, f"it printed {lines}")
    refused = [line for line in lines if line.startswith("refused: ")]
    check(len(refused) == 1 and "payload.cents" in refused[0], f"refused: {refused}")
    receipts = [line.split() for line in lines if line not in refused]
    clocks = [int(clock) for _, clock in receipts]
    check(clocks == sorted(set(clocks)), f"the clocks are {clocks}")
    place.kitty(home, "sync", "now")  # what the shop did not stay for
    arrived = [(event["event_type"], event["event_id"]) for event in place.arrived()]
    check(arrived == [("OrderPlaced", event_id) for event_id, _ in receipts], f"arrived: {arrived}")


def c_records_and_hears_of_mistakes(place, plain):
    home = place.home()
    event_id, status = place.run(plain, home).stdout.splitlines()
    check(json.loads(status)["emitted"] == 1, f"the status is {status}")
    check([event["event_id"] for event in place.recorded(home)] == [event_id], "it is not recorded")


def python_uses_the_c_functions(place, example, library):
    place.start_server()
    event_id, refused, status = place.run(sys.executable, example, place.logged_in(),
                                          library).stdout.splitlines()
    check("invalid_event" in refused and "payload.wp_id" in refused, f"it printed {refused}")
    check(json.loads(status)["queued"] == 0, f"the status is {status}")
    check([event["event_id"] for event in place.arrived()] == [event_id], "it did not arrive")


# ── hosts that test ──────────────────────────────────────────────────────────────────────────────
def a_host_delivers(place, host, **env):
    place.start_server()
    done = place.run(host, place.logged_in(), env=env)
    check(done.stderr == "", f"it printed {done.stderr}")
    check([event["event_id"] for event in place.arrived()] == done.stdout.split(), "it did not arrive")


def a_plugin_is_loaded_fifty_times(place, loader, plugin):
    home = place.home()
    place.run(loader, plugin, home, 50, 0)
    check(len(place.recorded(home)) == 50, "events are missing")


def a_plugin_that_delivers_is_loaded_fifty_times(place, loader, plugin):
    place.start_server()
    place.run(loader, plugin, place.logged_in(), 50, 1)
    check(len(place.arrived()) == 50, "events are missing")


def valgrind_finds_nothing_in_a_plugin(place, loader, plugin):
    """Memory errors and lost memory, of the library and of unloading it."""
    place.run("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite",
              "--errors-for-leak-kinds=definite", "--keep-debuginfo=yes", f"--suppressions={HERE}/valgrind.supp",
              loader, plugin, place.home(), 2, 0)


def a_guest_leaves_what_is_the_hosts(place, guest):
    place.start_server()
    folder = place.path / "own store"
    folder.mkdir()
    done = place.run(guest, place.logged_in("one"), place.logged_in("two"), folder, place.greeting["url"])
    check(done.stdout + done.stderr == "", f"it printed {done.stdout}{done.stderr}")
    ids = [event["event_id"] for event in place.arrived()]
    check(len(ids) == len(set(ids)) == 160, f"{len(ids)} events arrived, {len(set(ids))} different")


# ── the library as a file ────────────────────────────────────────────────────────────────────────
def only_public_names_are_shown(_, library, headers):
    ours = re.compile(r"((vtable|VTT|typeinfo|typeinfo name) for )?spec_kitty::|spec_kitty_\w+$")
    names = [line.split(maxsplit=2)[2]
             for line in run("nm", "-DC", "--defined-only", library).stdout.splitlines()]
    foreign = [name for name in names if not ours.match(name)]
    check(not foreign, "it shows " + "\n".join(foreign))
    c_header = (pathlib.Path(headers) / "spec_kitty" / "spec_kitty.h").read_text()
    c_names = set(re.findall(r"(spec_kitty_\w+)\(", c_header))
    check(c_names and c_names == {name for name in names if re.fullmatch(r"\w+", name)},
          f"C functions: {sorted(c_names)} in the header, the library has {names}")
    check("spec_kitty::client::status() const" in names, "the client is not shown")
    needed = run("readelf", "-d", library).stdout
    check("libspec_kitty.so.0" in needed and not re.search(r"curl|ssl|websockets|sqlite", needed),
          f"it needs {needed}")


def compile_by_pkg_config(place, cxx, cc, standard, *static):
    """deliver.cpp and plain.c, by the line that a reader types."""
    libdir = next(place.prefix.glob("lib/**/libspec_kitty.so")).parent
    flags = f"$(pkg-config {' '.join(static)} --cflags --libs spec-kitty)"
    env = {"PKG_CONFIG_PATH": str(libdir / "pkgconfig")}
    for line in (f"{cxx} -std=c++{standard} -Wall -Wextra -Werror {HERE}/deliver.cpp {flags} -o deliver",
                 f"{cc} -std=c11 -Wall -Wextra -Werror {HERE}/examples/plain.c {flags} -o plain"):
        place.run("sh", "-c", line, env=env)
    return libdir


def pkg_config_finds_the_shared_library(place, *compilers):
    libdir = str(compile_by_pkg_config(place, *compilers))
    check("libspec_kitty.so.0" in run("readelf", "-d", place.path / "deliver").stdout, "not shared")
    place.run(place.path / "plain", place.home("home of c"), env={"LD_LIBRARY_PATH": libdir})
    a_host_delivers(place, place.path / "deliver", LD_LIBRARY_PATH=libdir)


def pkg_config_finds_the_static_library(place, *compilers):
    compile_by_pkg_config(place, *compilers, "--static")
    for program in ("deliver", "plain"):
        check("libspec_kitty" not in run("readelf", "-d", place.path / program).stdout, "not static")
    place.run(place.path / "plain", place.home("home of c"))
    a_host_delivers(place, place.path / "deliver")


def wrong_requests_are_named(place, cmake):
    """find_package for another version or an unknown part ends with a message that helps."""
    for request, words in (("9.0 REQUIRED", "version"), ("REQUIRED COMPONENTS kitten", "kitten")):
        (place.path / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.23)\nproject(wrong LANGUAGES C)\n"
            f"find_package(spec_kitty {request})\n")
        done = place.run(cmake, "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={place.prefix}", expect=1)
        check(words in done.stderr and "spec_kitty" in done.stderr, f"it printed {done.stderr}")


if __name__ == "__main__":
    with Place(sys.argv[1]) as somewhere:
        globals()[sys.argv[2]](somewhere, *sys.argv[3:])
