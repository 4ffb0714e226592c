"""A real nginx in front of the recording back end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from backend import NAMES

from testkit.processes import free_port

FOLDER = Path(__file__).parents[1]


class Answer:
    def __init__(self, received):
        head, end, body = received.partition(b"\r\n\r\n")
        status, *headers = head.decode().split("\r\n")
        self.received, self.status = received, int(status.split(" ")[1]) if end else 0
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in headers)}
        self.body = body.decode()
        # nginx keeps a connection with unread data open for a while.
        self.whole = bool(end) and len(body) == int(self.headers.get("content-length", -1))


class Gateway:
    def __init__(self, home, backend, settings):
        self.home = home
        self.port, self.staff_port = free_port(), free_port()
        (home / "static").mkdir()
        (home / "static/site.css").write_text("body { color: black }")
        (home / "media").mkdir()
        (home / "media/lamp.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        self.environment = {
            "PATH": os.environ["PATH"],
            "GATEWAY_HOME": str(home / "run"),
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_STAFF_PORT": str(self.staff_port),
            "STATIC_ROOT": str(home / "static"),
            "MEDIA_ROOT": str(home / "media"),
            **{f"{name.upper()}_UPSTREAM": backend.address(name) for name in NAMES},
            **settings,
        }
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)
        self.staff = httpx.Client(base_url=f"http://127.0.0.1:{self.staff_port}", timeout=10, trust_env=False)

    def run(self, command):
        return subprocess.run(
            [sys.executable, "-m", "gateway", command],
            cwd=FOLDER,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def start(self):
        self.errors = (self.home / "errors.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "start"],
            cwd=FOLDER,
            env=self.environment,
            stderr=self.errors,
            start_new_session=True,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                if self.http.get("/health").status_code in {200, 400}:  # 400: the port expects TLS
                    return
            except httpx.TransportError:
                assert self.process.poll() is None, (self.home / "errors.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.errors.close()

    def connect(self, listener="public"):
        port = self.port if listener == "public" else self.staff_port
        return socket.create_connection(("127.0.0.1", port), timeout=10)

    def ask(self, request, listener="public"):
        """Return the raw response to a request that no client library would send."""
        with self.connect(listener) as client:
            client.sendall(request)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while not Answer(received).whole and (part := client.recv(65536)):
                    received += part
        return Answer(received)

    @property
    def configuration(self):
        """Return the text of each rendered file by its path in the run folder."""
        folder = self.home / "run"
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.conf")}

    def access_log(self):
        return (self.home / "run/logs/access.log").read_text()
