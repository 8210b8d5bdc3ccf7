"""A person at the keyboard, in a home and a folder of their own."""

import re
import signal
import ssl
import subprocess
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

PATIENCE_S = 120
# They run until somebody ends them: a server stays, of the others the first line is read.
ENDLESS = ("spec-kitty sync watch", "spec-kitty board", "spec-kitty dev-server")
PASSWORD = "a password for tests"


class Person:
    """Types commands in one folder after the other; knows the login and the links it was shown."""

    def __init__(self, home, path):
        self.folder = home
        self.home = home
        self.beside = []
        self.links = []
        self.port = "PORT"
        self.env = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "BROWSER": "true",
                    "SPEC_KITTY_PASSWORD": PASSWORD,
                    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com",
                    "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com"}

    def type(self, command):
        if command.startswith(ENDLESS):
            self.follow(command)
            return
        if "auth login" in command:
            self.open_links()
        self.run(command.replace("PORT", self.port))

    def run(self, command):
        """The folder and the exported variables of one command are those of the next one."""
        place, variables = self.home / ".place", self.home / ".variables"
        script = f"{command}\npwd >'{place}'\nenv --null >'{variables}'"
        done = subprocess.run(["bash", "-ec", script], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False)
        print(f"$ {command}\n{done.stdout}", end="", flush=True)
        assert done.returncode == 0, f"status {done.returncode}"
        self.folder = self.folder.__class__(place.read_text().strip())
        self.env = dict(item.split("=", 1) for item in variables.read_text().split("\0") if item)
        place.unlink()
        variables.unlink()
        self.links += re.findall(r"https?://\S+/link/\S+", done.stdout)

    def follow(self, command):
        """Reads the first line that it prints; what serves runs on, what only shows gets Ctrl-C."""
        print(f"$ {command}", flush=True)
        process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder,
                                   env=self.env, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.beside.append(process)
        if "dev-server" not in command:
            assert process.stdout.readline(), "it shows nothing"
            self.end(process)
            return
        for text in process.stdout:
            print(text, end="")
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", text):
                self.port = found.group(1)
            if found := re.search(r"password: (\S+)", text):
                self.env["SPEC_KITTY_PASSWORD"] = found.group(1)
                return
        raise AssertionError("the server printed no password")

    def open_links(self):
        """Opens each link in a browser once, and fills in its form."""
        while self.links:
            link = self.links.pop(0)
            jar = urllib.request.HTTPCookieProcessor(CookieJar())
            browser = urllib.request.build_opener(
                jar, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
            page = browser.open(link, timeout=PATIENCE_S).read().decode()
            token = re.search(r'name="form_token" value="([^"]+)"', page).group(1)
            form = {"form_token": token, "password": PASSWORD, "again": PASSWORD}
            if 'name="username"' in page:
                form["username"] = "bob"
            request = urllib.request.Request(link, urllib.parse.urlencode(form).encode(),
                                             {"Origin": "/".join(link.split("/")[:3])})
            assert browser.open(request, timeout=PATIENCE_S).status == 200
            print(f"[browser] {link.rsplit('/', 1)[0]}/…: done", flush=True)

    def end(self, process):
        self.beside.remove(process)
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def leave(self):
        for process in list(self.beside):
            self.end(process)
