"""Consul 1.22, built once from its Go module (BUSL 1.1: used here, never shipped)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import go_built
from engines.place import Place

NAME, VERSION = "consul", "1.22.0"
#: Checks need `FailuresBeforeCritical`.
LEAST = "1.11"
_MODULE = Path(__file__).with_name("consul")


def install() -> None:
    """Build it, which takes three to four minutes the first time on a machine."""
    binary()


def binary() -> Path:
    return go_built(f"{NAME}-{VERSION}", "github.com/hashicorp/consul", _MODULE)


def address(place: Place) -> str:
    return f"127.0.0.1:{place.port(NAME)}"


def dns_address(place: Place) -> str:
    return f"127.0.0.1:{place.port('consul-dns')}"


def daemon(place: Place) -> Daemon:
    folder = place.engine(NAME)
    ports = {
        "http": place.port(NAME),
        "dns": place.port("consul-dns"),
        "serf_lan": place.port("consul-serf"),
        "server": place.port("consul-server"),
        "serf_wan": -1,
        "grpc": -1,
        "grpc_tls": -1,
        "https": -1,
    }
    settings = {
        "server": True,
        "bootstrap_expect": 1,
        "bind_addr": "127.0.0.1",
        "client_addr": "127.0.0.1",
        "node_name": "souk",
        "data_dir": str(folder / "data"),
        "ports": ports,
        "log_level": "warn",
        "disable_update_check": True,
        "connect": {"enabled": False},
        # DNS answers change immediately; nginx repeats the query after `valid`.
        "dns_config": {"service_ttl": {"*": "1s"}, "only_passing": True},
        "performance": {"raft_multiplier": 1},
    }
    (folder / "consul.json").write_text(json.dumps(settings, indent=1))
    return Daemon(
        name=NAME,
        folder=folder,
        command=[str(binary()), "agent", f"-config-file={folder / 'consul.json'}"],
        check=lambda: _check(place),
    )


def start(place: Place) -> Daemon:
    server = daemon(place)
    server.start()
    return server


def empty(place: Place) -> None:
    """Deregister all instances; running ones register again."""
    for instance in instances(place):
        request = urllib.request.Request(
            f"http://{address(place)}/v1/agent/service/deregister/{instance['id']}", method="PUT"
        )
        urllib.request.urlopen(request, timeout=5).close()


def instances(place: Place) -> list[dict[str, str]]:
    """Return the instances: `id`, `service`, `address`, and the `status` of the check (passing, critical)."""
    with urllib.request.urlopen(f"http://{address(place)}/v1/health/state/any", timeout=5) as answer:
        status = {check["ServiceID"]: check["Status"] for check in json.load(answer)}
    with urllib.request.urlopen(f"http://{address(place)}/v1/agent/services", timeout=5) as answer:
        services = json.load(answer).values()
    return [
        {
            "id": one["ID"],
            "service": one["Service"],
            "address": f"{one['Address']}:{one['Port']}",
            "status": status.get(one["ID"], "unknown"),
        }
        for one in services
    ]


def _check(place: Place) -> str:
    try:
        with urllib.request.urlopen(f"http://{address(place)}/v1/status/leader", timeout=1) as answer:
            return "" if len(answer.read()) > 4 else "no leader yet"
    except OSError as error:
        return str(error)


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, the DNS, and the health of the instances."""
    with urllib.request.urlopen(f"http://{address(place)}/v1/agent/self", timeout=5) as answer:
        yield from too_old(json.load(answer)["Config"]["Version"], LEAST)
    if not _answers_by_dns(place):
        yield Fault(
            f"its DNS does not answer on {dns_address(place)}", "ports.dns of its configuration; the gateway asks there"
        )
    for instance in instances(place):
        if instance["status"] == "critical":
            advice = "Is it to be there? Its log says why it is not; Consul forgets it a minute after it has ended."
            yield Fault(f"{instance['service']} at {instance['address']} does not answer", advice)


def _answers_by_dns(place: Place) -> bool:
    question = dns.message.make_query("consul.service.consul", "A")
    try:
        dns.query.udp(question, "127.0.0.1", timeout=2, port=place.port("consul-dns"))
    except (dns.exception.DNSException, OSError):
        return False
    return True
