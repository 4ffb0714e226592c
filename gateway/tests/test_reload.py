"""A reload loses no request, and a shutdown answers the requests that have arrived."""

from __future__ import annotations

import signal
import threading

import httpx


def test_a_reload_takes_new_settings_and_loses_no_request(start, backend):
    gateway = start(RATE_LIMIT="off")
    wrong, stop = [], threading.Event()

    def read():
        with httpx.Client(base_url=str(gateway.http.base_url), timeout=10, trust_env=False) as client:
            while not stop.is_set():
                try:
                    answer = client.get("/api/v1/auth/nothing/", headers={"Connection": "close"})
                    if answer.status_code != 200:
                        wrong.append(answer.text)
                except httpx.TransportError as error:
                    wrong.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    gateway.environment["FORWARDED_PROTO"] = "https"
    for _ in range(3):
        done = gateway.run("reload")
        assert done.returncode == 0, done.stderr
    while "strict-transport-security" not in gateway.http.get("/health", headers={"Connection": "close"}).headers:
        assert gateway.process.poll() is None
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_reload_with_settings_that_cannot_be_used_changes_nothing(start):
    gateway = start(RATE_LIMIT="off")
    gateway.environment["BODY_LIMIT"] = "nonsense"
    assert gateway.run("reload").returncode != 0
    assert gateway.http.get("/health").status_code == 200


def test_quit_answers_what_has_arrived(start, backend):
    gateway = start(RATE_LIMIT="off")
    with gateway.connect() as client:
        client.sendall(b"POST /api/v1/auth/token/ HTTP/1.1\r\nHost: souk\r\nContent-Length: 2\r\n\r\n{")
        gateway.http.get("/health")
        gateway.process.send_signal(signal.SIGQUIT)
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{gateway.port}/health", trust_env=False)
            except httpx.TransportError:
                break  # no new connection is accepted
        client.sendall(b"}")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    gateway.process.wait(10)
