"""The doctor's findings about Elasticsearch and Consul; each test breaks and repairs one thing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from engines import consul, elasticsearch
from engines.place import Place
from run.shopper import until

from tests.doctor.mending import afterwards


def asked(url: str, method: str = "GET", document: object = None) -> None:
    body = json.dumps(document).encode() if document is not None else None
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()


@pytest.fixture
def index(place: Place) -> Iterator[Callable[[str], str]]:
    """`index("a")`: add an index behind the alias and return its name."""
    node, made = elasticsearch.url(place), []
    elasticsearch.empty(place)

    def make(name: str) -> str:
        made.append(f"{elasticsearch.ALIAS}-{name}")
        asked(f"{node}/{made[-1]}", "PUT", {"aliases": {elasticsearch.ALIAS: {}}})
        return made[-1]

    yield make
    for name in made:
        asked(f"{node}/{name}", "DELETE")


def test_an_alias_that_leads_to_two(wrongs, index):
    index("a")
    assert wrongs(elasticsearch) == ""
    index("b")
    assert wrongs(elasticsearch) == "the alias souk-reviews leads to souk-reviews-a, souk-reviews-b"


def test_an_index_that_cannot_be_written_to(place, wrongs, index):
    name = index("a")
    asked(f"{elasticsearch.url(place)}/{name}/_settings", "PUT", {"index.blocks.read_only_allow_delete": True})
    try:
        assert f"the index {name} cannot be written to" in wrongs(elasticsearch)
    finally:
        asked(f"{elasticsearch.url(place)}/{name}/_settings", "PUT", {"index.blocks.read_only_allow_delete": None})


def test_an_instance_that_does_not_answer(place, wrongs):
    nobody = {
        "ID": "nobody",
        "Name": "products",
        "Address": "127.0.0.1",
        "Port": 9,
        "Check": {"HTTP": "http://127.0.0.1:9/", "Interval": "1s"},
    }
    agent = f"http://{consul.address(place)}/v1/agent/service"
    asked(f"{agent}/register", "PUT", nobody)
    with afterwards(lambda: asked(f"{agent}/deregister/nobody", "PUT")):
        until(lambda: wrongs(consul) == "products at 127.0.0.1:9 does not answer", what="a bad check")


def test_a_consul_without_dns(place, wrongs, monkeypatch):
    monkeypatch.setattr(
        Place, "port", lambda self, name, port=Place.port: 9 if name == "consul-dns" else port(self, name)
    )
    assert "its DNS does not answer on 127.0.0.1:9" in wrongs(consul)
