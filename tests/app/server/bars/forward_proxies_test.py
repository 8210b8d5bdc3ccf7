"""The real client through the proxies of others on its way to the server: squid, which wants a
password, and mitmproxy, which opens the TLS connection and speaks HTTP/2 with the client.

    forward_proxies_test.py FOLDER_OF_THE_PROGRAMS [squid|mitmproxy]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from proxies_test import answers, certificate
from team_server import Home, TeamServer, deliver, eventually, free_port

SQUID = """http_port 127.0.0.1:{port}
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
cache deny all
shutdown_lifetime 0 seconds
auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/passwords
auth_param basic realm the office
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""
SKIPPED = 77  # to ctest


def squid(folder, port):
    hashed = subprocess.run(["openssl", "passwd", "-6", "open sesame"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    (folder / "passwords").write_text(f"ann:{hashed}")
    (folder / "squid.conf").write_text(SQUID.format(folder=folder, port=port))
    return ["squid", "-N", "-f", str(folder / "squid.conf")]


def mitmproxy(folder, port):
    return ["mitmdump", "--listen-host", "127.0.0.1", "--listen-port", str(port), "--set",
            f"confdir={folder}", "--set",
            f"ssl_verify_upstream_trusted_ca={folder}/fullchain.pem", "--set",
            f"save_stream_file={folder}/flows"]


class Proxy:
    """`with Proxy(command, port):` it listens."""

    def __init__(self, command, port, folder):
        self.command, self.port, self.folder = command, port, folder

    def __enter__(self):
        self.log = open(self.folder / "proxy.log", "w+")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        eventually(lambda: self.process.poll() is not None or answers(self.port), 60,
                   f"{self.command[0]} to answer")
        assert self.process.poll() is None, (self.folder / "proxy.log").read_text()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


def refused_without(home, proxy, port):
    """407: the answer names the proxy and the command that helps, and the event is kept."""
    home.run("config", "set", "sync.proxy", "-", given=proxy)
    home.emit(1)
    for words in (("sync", "now"), ("sync", "doctor")):
        done = home.run(*words, allowed=(1, 4))
        answer = done.stdout + done.stderr
        for needed in (f"127.0.0.1:{port}", "407", "spec-kitty config set sync.proxy"):
            assert needed in answer, f"{needed!r} is missing: {answer}"
        assert "wrong" not in answer and "sesame" not in answer, answer
    assert '"queued":1' in home.run("sync", "status", "--json").stdout


def through_squid(server, programs, folder):
    port = free_port()
    with Proxy(squid(folder, port), port, folder):
        right = f"http://ann:open%20sesame@127.0.0.1:{port}"
        home = Home(programs, f"https://localhost:{server.port}", folder / "home",
                    authority=folder / "fullchain.pem", proxy=right)
        deliver(server, home)
        refused_without(home, f"http://127.0.0.1:{port}", port)
        home.run("config", "set", "sync.proxy", "-", given=f"http://ann:wrong@127.0.0.1:{port}")
        assert "407" in home.run("sync", "now", allowed=(4,)).stderr
        home.run("config", "set", "sync.proxy", "-", given=right)
        home.run("sync", "now")
        assert '"queued":0' in home.run("sync", "status", "--json").stdout
    log = (folder / "access.log").read_text()
    passed = [line for line in log.splitlines() if "TCP_TUNNEL/200" in line and " ann " in line]
    assert len(passed) >= 3, log
    print("squid: login, 50 events by batch, 20 over the WebSocket; 407 without a password")


def through_mitmproxy(server, programs, folder):
    port = free_port()
    with Proxy(mitmproxy(folder, port), port, folder):
        authority = folder / "mitmproxy-ca-cert.pem"
        eventually(authority.exists, 60, "mitmproxy's authority")
        home = Home(programs, f"https://localhost:{server.port}", folder / "home",
                    authority=authority, proxy=f"http://127.0.0.1:{port}")
        deliver(server, home)
    seen = (folder / "flows").read_bytes()
    assert b"/api/v1/events/batch/" in seen and b"/ws/v1/events/" in seen
    print("mitmproxy: login, 50 events by batch, 20 over the WebSocket")


PROXIES = {"squid": ("squid", through_squid), "mitmproxy": ("mitmdump", through_mitmproxy)}


def main():
    programs, name = sys.argv[1], sys.argv[2]
    program, through = PROXIES[name]
    os.environ["PATH"] += ":/usr/sbin"
    if not shutil.which(program):
        print(f"{name} is not installed")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o777)  # squid gives root up
        certificate(folder)
        options = ["--tls-certificate", folder / "fullchain.pem", "--tls-key", folder / "key.pem"]
        with TeamServer(programs, options) as server:
            through(server, programs, folder)


main()
