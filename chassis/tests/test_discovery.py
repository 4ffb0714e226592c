"""Registration with Consul's agent, a small fake here; `tests/engines` uses the real one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chassis.discovery import Instance, Membership
from testkit.processes import wait_until

LAMP = Instance(service="probe", host="127.0.0.1", port=8102, version="1.0.0")


class Agent:
    """Remembers the registrations and every request."""

    def __init__(self, port: int = 0) -> None:
        self.services: dict[str, dict] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                agent.tokens.add(self.headers["X-Consul-Token"])
                self._answer(200 if self.path.rpartition("/")[2] in agent.services else 404)

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                agent.asked.append(self.path)
                agent.tokens.add(self.headers["X-Consul-Token"])
                if self.path.endswith("/register"):
                    document = json.loads(body)
                    agent.services[document["ID"]] = document
                else:
                    agent.services.pop(self.path.rpartition("/")[2], None)
                self._answer(200)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def agent():
    started = Agent()
    yield started
    started.stop()


def test_it_registers_with_address_tags_version_and_a_check(agent):
    Membership(agent.url, LAMP).look()
    told = agent.services["probe-127.0.0.1-8102"]
    assert (told["Name"], told["Address"], told["Port"]) == ("probe", "127.0.0.1", 8102)
    assert told["Meta"]["version"] == "1.0.0"
    assert told["Tags"]
    assert told["Check"]["HTTP"] == "http://127.0.0.1:8102/health/live"


def test_it_registers_once_and_again_when_consul_has_forgotten(agent):
    membership = Membership(agent.url, LAMP)
    membership.look()
    membership.look()
    assert len(agent.asked) == 1
    agent.services.clear()
    membership.look()
    assert LAMP.id in agent.services


def test_consul_away_stops_nothing():
    agent = Agent()
    agent.stop()
    membership = Membership(agent.url, LAMP)
    membership.look()
    back = Agent(agent.port)
    try:
        membership.look()
        assert LAMP.id in back.services
    finally:
        back.stop()


def test_an_answer_of_consul_that_is_no_http_stops_nothing():
    """`urllib` raises no OSError for it, so the thread would end and the instance would not be registered again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble():
            for _ in range(2):
                conversation, _ = listener.accept()
                with conversation:
                    conversation.recv(1024)
                    conversation.sendall(b"nonsense\r\n\r\n")

        threading.Thread(target=babble, daemon=True).start()
        membership = Membership(f"http://127.0.0.1:{listener.getsockname()[1]}", LAMP)
        membership.look()
        membership.leave()


def test_a_stopped_instance_is_not_registered_again(agent):
    membership = Membership(agent.url, LAMP)
    membership.look()
    membership.leave()
    membership.look()
    membership.keep()
    assert agent.services == {}


SERVER = """
import signal, time
from django.conf import settings
settings.configure(
    CONSUL_URL={url!r}, CONSUL_TOKEN="let-me-in", INSTANCE_ADDRESS="127.0.0.1:8102", LEAVE_SECONDS=0.5,
    SERVICE_NAME="probe", SPECTACULAR_SETTINGS={{"VERSION": "1"}},
)
from chassis import discovery
discovery.announce()
try:
    while True:
        time.sleep(0.05)
except KeyboardInterrupt:
    print("ended in order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_first_and_ends_afterwards(agent, number):
    process = subprocess.Popen([sys.executable, "-c", SERVER.format(url=agent.url)], stdout=subprocess.PIPE, text=True)
    wait_until(lambda: agent.services, what="the registration")
    assert agent.tokens == {"let-me-in"}
    os.kill(process.pid, number)
    wait_until(lambda: not agent.services, what="the leave")
    assert process.poll() is None, "it still answers those who have not heard"
    said, _ = process.communicate(timeout=20)
    assert said.endswith("ended in order\n")
    assert process.returncode == 0
