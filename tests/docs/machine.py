"""A machine of one test's own, as far as the kernel gives it: mounts, processes and network.

What a page changes in /etc, /opt and /var/lib is in memory and gone afterwards; its servers listen
on a loopback device that nobody else sees; what it leaves running ends with it. systemd is missing:
`Services` starts what a unit file says, as its user.
"""

import fcntl
import os
import re
import select
import shlex
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

INSIDE = "SPEC_KITTY_TEST_MACHINE"
PATIENCE_S = 120
SKIPPED = 77  # to ctest
SUDO = """#!/bin/sh
PATH="$PATH:/usr/sbin:/sbin"
exec "$@"
"""


def enter():
    """Runs this program again on a machine of its own; ends with its status."""
    if INSIDE in os.environ:
        return
    apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private"]
    if os.geteuid() != 0 or subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL,
                                           check=False).returncode != 0:
        print("skipped: a machine of its own needs root")
        sys.exit(SKIPPED)
    sys.exit(subprocess.run([*apart, sys.executable, *sys.argv], env=os.environ | {INSIDE: "1"},
                            check=False).returncode)


def run(*words):
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}"


def in_memory(folder):
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", str(folder))


def lay_out(folder, programs):
    """`folder` holds the build as the pages name it, and `sudo`.

    What is mounted is outside of it: a folder that is removed must not lead into the build."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    for place in ("/opt", "/var/lib", "/var/backups"):
        in_memory(place)
    etc, build = Path("/opt/etc"), Path("/opt/build")
    etc.mkdir()
    build.mkdir()
    run("cp", "-a", "/etc/.", str(etc))
    run("mount", "--bind", str(etc), "/etc")
    run("mount", "--bind", str(programs.parent), str(build))
    for place in (folder / "build", folder / "bin"):
        place.mkdir()
    (folder / "build" / "release").symlink_to(build)
    (folder / "bin" / "sudo").write_text(SUDO)
    (folder / "bin" / "sudo").chmod(0o755)


def certify(folder, name):
    """A certificate for a name of this machine alone, by an authority that it trusts."""
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"127.0.0.1 {name}\n")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem"),
        "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    with open("/etc/ssl/certs/ca-certificates.crt", "a") as trusted:
        trusted.write((folder / "fullchain.pem").read_text())


class Services:
    """What `systemctl` would do with the units that a page has written."""

    def __init__(self, home):
        self.folders = {False: Path("/etc/systemd/system"), True: home / ".config/systemd/user"}
        self.running = {}

    def follow(self, command, env):
        found = re.match(r"(?:sudo )?systemctl( --user)? (enable --now|start|stop) ([\w-]+)$",
                         command.split("#")[0].strip())
        if not found:
            return
        unit = self.folders[bool(found.group(1))] / f"{found.group(3)}.service"
        if found.group(2) == "stop":
            self.stop(unit)
        else:
            self.start(unit, env)

    def start(self, unit, env):
        unit_values = dict(re.findall(r"^(ExecStart|User)=(.*)$", unit.read_text(), re.MULTILINE))
        command = shlex.split(unit_values["ExecStart"])
        if "User" in unit_values:
            command = ["/usr/sbin/runuser", "-u", unit_values["User"], "--", *command]
        process = subprocess.Popen(command, env=env, cwd="/", text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.running[unit] = process
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        line = process.stdout.readline() if ready else ""
        print(f"[{unit.name}] {line}", end="", flush=True)
        time.sleep(0.05)
        assert line and process.poll() is None, f"{unit.name} does not run: {process.stdout.read()}"

    def stop(self, unit):
        process = self.running.pop(unit)
        process.terminate()
        rest, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (0, -15, 143), f"{unit.name} ended badly: {rest}"
