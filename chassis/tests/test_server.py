"""The shutdown of the web process. Each test starts a real one."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.processes import free_port, wait_until

APPLICATION = """
import pathlib, time
from django.conf import settings
settings.configure(CONSUL_URL="", LEAVE_SECONDS={leave}, SERVICE_NAME="probe")
from chassis import discovery
from chassis.http.shutdown import is_shutting_down

here = pathlib.Path(__file__).parent

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        (here / "begun").touch()
        while not (here / "go on").exists():
            time.sleep(0.01)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    said = body or (b"leaving" if is_shutting_down() else b"here")
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]

discovery.announce()
"""


class Web:
    def __init__(self, folder: Path, leave: float) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "made.py").write_text(APPLICATION.format(leave=leave))
        self.log = (folder / "log").open("wb")
        command = [sys.executable, "-m", "chassis.http.server", "made:application", f"--listen=127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=self.log)
        wait_until(self.listens, what="the port")

    def listens(self) -> bool:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        assert self.process.poll() is None, (self.folder / "log").read_text()
        return False

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def told_to_end(self, number: signal.Signals = signal.SIGTERM) -> None:
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def start(tmp_path):
    with contextlib.ExitStack() as running:

        def begin(leave: float = 0.0) -> Web:
            web = Web(tmp_path, leave)
            running.callback(web.stop)
            return web

        yield begin


def ask(connection: http.client.HTTPConnection, path: str = "/", **more: object) -> http.client.HTTPResponse:
    connection.request("GET", path, **more)  # type: ignore[arg-type]
    return connection.getresponse()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_hand_is_answered_and_nobody_new_is_taken(start, tmp_path, number):
    web = start()
    slow = web.connect()
    slow.request("POST", "/slow", body=b"the order")
    wait_until((tmp_path / "begun").exists, what="the request")
    web.told_to_end(number)
    wait_until(lambda: not web.listens(), what="the port's end")
    (tmp_path / "go on").touch()
    assert slow.getresponse().read() == b"the order"
    assert web.process.wait(25) == 0


def test_while_it_leaves_it_answers_and_keeps_no_connection_open(start):
    web = start(leave=3.0)
    kept = web.connect()
    first = ask(kept)
    assert (first.read(), first.getheader("Connection")) == (b"here", None)
    web.told_to_end()
    fresh = wait_until(lambda: (a := ask(web.connect())).read() == b"leaving" and a, what="the leaving")
    assert fresh.getheader("Connection") == "close"
    last = ask(kept)
    assert (last.read(), last.getheader("Connection")) == (b"leaving", "close")
    assert web.process.wait(25) == 0


def test_connections_that_nobody_uses_hold_up_nothing(start):
    web = start()
    idle = [web.connect() for _ in range(12)]
    for connection in idle:
        ask(connection).read()
    web.told_to_end()
    assert web.process.wait(10) == 0


def test_many_connections_are_kept_open_at_once(start):
    web = start()
    many = [web.connect() for _ in range(40)]
    for _ in range(2):
        for connection in many:
            answer = ask(connection)
            assert (answer.read(), answer.getheader("Connection")) == (b"here", None)


def test_a_header_or_a_body_beyond_all_measure_is_refused(start):
    web = start()
    assert ask(web.connect(), headers={"X-Big": "x" * 70_000}).status in {413, 431}
    with contextlib.closing(web.connect()) as huge:
        huge.putrequest("POST", "/")
        huge.putheader("Content-Length", "100000000")
        huge.endheaders()
        assert huge.getresponse().status == 413


ASGI = """
from django.conf import settings
settings.configure(CONSUL_URL="", LEAVE_SECONDS=1.0, SERVICE_NAME="probe")
from chassis import discovery
from chassis.http.shutdown import close_connections, is_shutting_down

@close_connections
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await discovery.lifespan(scope, receive, send)
    said = b"leaving" if is_shutting_down() else b"here"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_uvicorn_leaves_first_too_and_ends_in_order(tmp_path, number):
    pytest.importorskip("uvicorn")
    (tmp_path / "made_asgi.py").write_text(ASGI)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "made_asgi:application", f"--port={port}", "--no-access-log"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:

        def said() -> tuple[bytes, str | None]:
            with contextlib.suppress(OSError):
                answer = ask(http.client.HTTPConnection("127.0.0.1", port, timeout=20))
                return answer.read(), answer.getheader("Connection")
            return b"", None

        wait_until(lambda: said() == (b"here", None), what="the port")
        os.kill(process.pid, number)
        wait_until(lambda: said() == (b"leaving", "close"), seconds=10, what="the leaving")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
