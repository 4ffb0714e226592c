"""Instances found through a cluster's DNS (`RESOLVER`)."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from dns import message, rcode, rdatatype, rrset
from gateway.settings import BadSetting, from_environment

from testkit.processes import free_port


class Dns:
    """A DNS server for A records from a table; other names do not exist."""

    def __init__(self):
        self.names: dict[str, list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        while True:
            try:
                asked, client = self._socket.recvfrom(512)
                self._socket.sendto(self._said(asked), client)
            except OSError:  # stopped
                return

    def _said(self, asked):
        query = message.from_wire(asked)
        (question,) = query.question
        known = self.names.get(question.name.to_text(omit_final_dot=True))
        answer = message.make_response(query, recursion_available=True)
        answer.set_rcode(rcode.NOERROR if known else rcode.NXDOMAIN)
        if known and question.rdtype == rdatatype.A:
            answer.answer.append(rrset.from_text(question.name, 1, "IN", "A", *known))
        return answer.to_wire()

    def stop(self):
        self._socket.close()


@pytest.fixture
def dns():
    running = Dns()
    yield running
    running.stop()


def status_becomes(gateway, path, status, seconds=10):
    deadline = time.monotonic() + seconds
    while gateway.http.get(path).status_code != status:
        assert time.monotonic() < deadline
    return True


def test_a_name_that_does_not_exist_yet_stops_nothing_and_is_followed_when_it_does(start, backend, dns):
    port = backend.address("products").rpartition(":")[2]
    gateway = start(RESOLVER=dns.address, PRODUCTS_UPSTREAM=f"products.souk.example:{port}", RATE_LIMIT="off")
    away = gateway.http.get("/api/v1/products/?early=1")
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert gateway.http.get("/api/v1/reviews/?early=1").status_code == 200, "an address needs no name"
    dns.names["products.souk.example"] = ["127.0.0.1"]
    assert status_becomes(gateway, "/api/v1/products/?later=1", 200)


def test_a_resolver_that_is_away_leaves_the_addresses_that_were_known(start, backend, dns):
    dns.names["orders.souk.example"] = ["127.0.0.1"]
    port = backend.address("orders").rpartition(":")[2]
    gateway = start(RESOLVER=dns.address, ORDERS_UPSTREAM=f"orders.souk.example:{port}", RATE_LIMIT="off")
    token = {"Authorization": "Bearer aaaaaaaaaa.bbbbbbbbbbbb.dddddddddddddddddddddddd"}
    deadline = time.monotonic() + 10
    while gateway.http.get("/api/v1/orders/", headers=token).status_code != 200:
        assert time.monotonic() < deadline
    dns.stop()
    stopped = time.monotonic()
    while time.monotonic() - stopped < 6:  # names are resolved every 2 s, with a limit of 2 s
        assert gateway.http.get("/api/v1/orders/", headers=token).status_code == 200


def test_nobody_notices_when_one_of_two_instances_is_unavailable(start, backend):
    gone = f"127.0.0.1:{free_port()}"
    gateway = start(ORDERS_UPSTREAM=f"{gone},{backend.address('orders')}", RATE_LIMIT="off")
    token = {"Authorization": "Bearer aaaaaaaaaa.bbbbbbbbbbbb.eeeeeeeeeeeeeeeeeeeeeeee"}
    for method in ("GET", "POST") * 20:
        assert gateway.http.request(method, "/api/v1/orders/", headers=token).status_code == 200
    assert len(backend.requests) == 40


def test_the_second_of_two_instances_may_leave_when_the_first_is_back(start, backend):
    """In a rolling restart nginx still avoids the first instance when the second one refuses."""
    first, second = free_port(), free_port()
    with backend.also_at("orders", second):
        gateway = start(ORDERS_UPSTREAM=f"127.0.0.1:{first},127.0.0.1:{second}", RATE_LIMIT="off")
        token = {"Authorization": "Bearer aaaaaaaaaa.bbbbbbbbbbbb.ffffffffffffffffffffffff"}
        for _ in range(10):
            assert gateway.http.get("/api/v1/orders/", headers=token).status_code == 200
    assert "temporarily disabled" in (gateway.home / "errors.log").read_text()
    with backend.also_at("orders", first):
        for method in ("GET", "POST") * 10:
            assert gateway.http.request(method, "/api/v1/orders/", headers=token).status_code == 200


def test_consul_and_a_resolver_exclude_each_other():
    with pytest.raises(BadSetting, match="RESOLVER"):
        from_environment({"RESOLVER": "10.0.0.1", "CONSUL_DNS": "10.0.0.1:8600"})


@pytest.mark.parametrize("said", ["https", "http"])
def test_a_proxy_in_front_that_speaks_tls_is_enough_for_strict_transport_security(start, said):
    gateway = start(FORWARDED_PROTO=said)
    assert ("strict-transport-security" in gateway.http.get("/health").headers) == (said == "https")
