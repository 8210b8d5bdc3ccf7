"""The real client through nginx, HAProxy and Caddy, set up as docs/server.md says, with TLS in front:
login, batches and the WebSocket work, and the client's own address is what the audit shows.

    proxies_test.py FOLDER_OF_THE_PROGRAMS FILE_OF_THE_DOCUMENTATION
"""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from team_server import PASSWORD, Home, TeamServer, deliver, eventually, free_port


def certificate(folder):
    """A certificate of localhost that is its own authority; chain and key also in one file."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "fullchain.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True,
                   stderr=subprocess.DEVNULL)
    both = (folder / "fullchain.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "chain-and-key.pem").write_text(both)


def block(page, language):
    return re.search(rf"```{language}\n(.*?)```", page, re.DOTALL).group(1)


def placed(text, folder, port, behind):
    """A documented configuration with this test's port, files and server."""
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("bind :443", f"bind 127.0.0.1:{port}")
    text = text.replace("/etc/ssl/sync/", f"{folder}/")
    return text.replace("127.0.0.1:8443", f"127.0.0.1:{behind}")


def nginx(page, folder, port, behind):
    file = folder / "nginx.conf"
    file.write_text(f"""daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_processes 1; events {{ }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
{placed(block(page, "nginx"), folder, port, behind)} }}""")
    return ["nginx", "-c", str(file)]


def haproxy(page, folder, port, behind):
    file = folder / "haproxy.cfg"
    file.write_text(placed(block(page, "haproxy"), folder, port, behind))
    return ["haproxy", "-db", "-f", str(file)]


def caddy(page, folder, port, behind):
    file = folder / "Caddyfile"
    text = placed(block(page, "caddy"), folder, port, behind)
    file.write_text("{\nadmin off\nauto_https off\nstorage file_system "
                    f"{folder}\n}}\n" + text.replace("sync.example.com", f"localhost:{port}"))
    return ["env", f"HOME={folder}", "caddy", "run", "--adapter", "caddyfile", "--config",
            str(file)]


def through(server, programs, name, command, folder, port):
    """Everything that a client does, through the proxy that the command starts."""
    proxy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port), 30, f"{name} to answer")
        home = Home(programs, f"https://localhost:{port}", folder / "home",
                    authority=folder / "fullchain.pem")
        deliver(server, home)
        log_in_from("127.0.0.2", port, folder)
    finally:
        proxy.terminate()
        proxy.wait(30)
    print(f"{name}: login, 50 events by batch, 20 over the WebSocket")


def log_in_from(address, port, folder):
    """A login from an address that claims to come from another one."""
    trust = ssl.create_default_context(cafile=folder / "fullchain.pem")
    connection = http.client.HTTPSConnection("localhost", port, context=trust,
                                             source_address=(address, 0), timeout=30)
    connection.request("POST", "/api/v1/token/",
                       json.dumps({"username": "ann", "password": PASSWORD}),
                       {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9"})
    assert connection.getresponse().status == 200
    connection.close()


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    programs, page = sys.argv[1], Path(sys.argv[2]).read_text()
    for name, configured in (("nginx", nginx), ("haproxy", haproxy), ("caddy", caddy)):
        if not shutil.which(name):
            print(f"{name} is not installed")
            continue
        port = free_port()
        options = ["--proxy-trusted", "127.0.0.1", "--public-url", f"https://localhost:{port}"]
        with tempfile.TemporaryDirectory() as made, TeamServer(programs, options) as server:
            folder = Path(made)
            certificate(folder)
            command = configured(page, folder, port, server.port)
            through(server, programs, name, command, folder, port)
            audit = server.command("audit", "list", "--json")
            assert "127.0.0.2" in audit and "203.0.113.9" not in audit, audit


if __name__ == "__main__":
    main()
