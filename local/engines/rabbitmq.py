"""RabbitMQ 3.10 (Debian): a separate node with one user for each service."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry import SERVICES

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import apt_install, give_to, run_as
from engines.place import Place

NAME, VERSION = "rabbitmq", "3.10"
#: The first version whose quorum queues dead-letter at least once.
LEAST = "3.10"
_BIN = Path("/usr/lib/rabbitmq/bin")
_USER = "rabbitmq"
#: The shared exchanges.
EXCHANGES = {"souk": "topic", "souk_dead": "direct", "souk_markers": "direct"}
_ANEW = "make engines-down, then make engines: it reads its definitions anew"


def install() -> None:
    apt_install("rabbitmq-server")


def url(place: Place, service: str) -> str:
    return f"amqp://{service}:{place.password(f'rabbitmq-{service}')}@127.0.0.1:{place.port(NAME)}/souk"


def environment(place: Place) -> dict[str, str]:
    """Return the environment of the node, also for `rabbitmqctl` (`ctl`)."""
    folder = place.engine(NAME)
    return {
        "RABBITMQ_NODENAME": f"souk{place.port(NAME)}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(place.port("rabbitmq-distribution")),
        "RABBITMQ_PID_FILE": str(folder / "own.pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
        "ERL_EPMD_PORT": str(place.port("rabbitmq-epmd")),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "HOME": str(folder),
    }


def daemon(place: Place) -> Daemon:
    folder = place.engine(NAME)
    return Daemon(
        name=NAME,
        folder=folder,
        command=[str(_BIN / "rabbitmq-server")],
        check=lambda: _check(place),
        environment=environment(place),
        user=_USER,
    )


def start(place: Place) -> Daemon:
    folder = place.engine(NAME)
    (folder / "definitions.json").write_text(json.dumps(definitions(place), indent=1))
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{place.port(NAME)}\n"
        f"load_definitions = {folder / 'definitions.json'}\n"
        "loopback_users = none\n"
        "vm_memory_high_watermark.absolute = 512MB\n"
        "disk_free_limit.absolute = 200MB\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
    )
    give_to(_USER, folder)
    server = daemon(place)
    server.start()
    return server


def after_stop(place: Place) -> None:
    """Stop the port mapper daemon that the node leaves behind; it only ends when no node is left."""
    command = ["epmd", "-port", str(place.port("rabbitmq-epmd")), "-kill"]
    subprocess.run(command, check=False, capture_output=True)


def ctl(place: Place, *arguments: str) -> str:
    """Run `rabbitmqctl` for this node."""
    done = subprocess.run(
        [str(_BIN / "rabbitmqctl"), *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment(place)},
        cwd=place.engine(NAME), check=True, capture_output=True, text=True, **run_as(_USER),
    )  # fmt: skip
    return str(done.stdout)


def definitions(place: Place) -> dict[str, object]:
    """Return the virtual host, the users with their permissions, and the shared exchanges."""
    return {
        "vhosts": [{"name": "souk"}],
        "users": [
            {
                "name": service,
                "password_hash": _hash(place.password(f"rabbitmq-{service}"), salt=service.encode()[:4].ljust(4, b"_")),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            }
            for service in SERVICES
        ],
        "permissions": [rights(service, "souk") for service in SERVICES],
        "exchanges": exchanges("souk"),
    }


def rights(service: str, vhost: str, *, user: str = "") -> dict[str, str]:
    """Return a service's permissions: configure its own queues, publish to and bind from the shared exchanges."""
    own, shared = f"{service}_.*", "|".join(EXCHANGES)
    return {
        "user": user or service,
        "vhost": vhost,
        "configure": f"^{own}$",
        "write": f"^({own}|{shared})$",
        "read": f"^({own}|{shared})$",
    }


def exchanges(vhost: str) -> list[dict[str, object]]:
    fixed = {"vhost": vhost, "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return [{**fixed, "name": name, "type": type_} for name, type_ in EXCHANGES.items()]


def empty(place: Place) -> None:
    """Delete every queue and message, as a broker that has lost its disk."""
    ctl(place, "delete_vhost", "souk")
    ctl(place, "import_definitions", str(place.engine(NAME) / "definitions.json"))


def _hash(password: str, *, salt: bytes) -> str:
    """Return RabbitMQ's salted SHA-256 hash (https://www.rabbitmq.com/docs/passwords)."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _check(place: Place, service: str = "orders") -> str:
    from kombu import Connection

    try:
        with Connection(url(place, service), connect_timeout=2) as connection:
            connection.connect()
    except Exception as error:  # any error of the client means that it is not ready
        return f"{type(error).__name__}: {error}"
    return ""


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, alarms, exchanges, the users' permissions and the services' queues."""
    yield from too_old(ctl(place, "version").strip(), LEAST)
    if alarms := ctl(place, "eval", "rabbit_alarm:get_alarms().").strip().removeprefix("[]"):
        yield Fault(f"it takes no message: {alarms}", "Free memory or disk; it goes on by itself.")
    if "souk" not in {row["name"] for row in _listed(place, "list_vhosts")}:
        yield Fault("there is no virtual host souk", _ANEW)
        return
    found = {row["name"]: row["type"] for row in _listed(place, "list_exchanges", "-p", "souk", "name", "type")}
    for name, type_ in EXCHANGES.items():
        if found.get(name) != type_:
            yield Fault(f"the exchange {name} is {found.get(name, 'not there')}, not {type_}", _ANEW)
    yield from _faults_of_users(place)
    yield from _faults_of_queues(place)


def _faults_of_users(place: Place) -> Iterator[Fault]:
    known = {row["user"]: row for row in _listed(place, "list_permissions", "-p", "souk")}
    for service in SERVICES:
        wanted = rights(service, "souk")
        for what in ("configure", "write", "read"):
            has = known.get(service, {}).get(what, "nothing")
            if has != wanted[what]:
                yield Fault(f"{service} may {what} {has}, not {wanted[what]}", _ANEW)
        if reason := _check(place, service):
            yield Fault(f"{service} cannot connect: {reason}", _ANEW)
    for stranger in sorted(known.keys() - set(SERVICES)):
        yield Fault(f"{stranger} may use it, too", f"rabbitmqctl clear_permissions -p souk {stranger}")


#: Required arguments of message and job queues: no loss, and no endless redelivery.
_SAFE = ("x-delivery-limit", "x-dead-letter-exchange", "x-dead-letter-strategy")


def _faults_of_queues(place: Place) -> Iterator[Fault]:
    """Check the existing queues; each service declares its own."""
    for queue in _listed(place, "list_queues", "-p", "souk", "name", "type", "arguments"):
        name = queue["name"]
        advice = f"Stop its service, rabbitmqctl delete_queue -p souk {name}, start it: it makes the queue anew."
        if queue["type"] != "quorum":
            yield Fault(f"the queue {name} is {queue['type']}, not quorum: it can lose messages", advice)
        elif name.endswith(("_messages", "_jobs")):
            has = {argument[0] for argument in queue["arguments"]}
            if missing := [each for each in _SAFE if each not in has]:
                yield Fault(f"the queue {name} has no {', '.join(missing)}", advice)


def _listed(place: Place, *command: str) -> list[dict[str, Any]]:
    return list(json.loads(ctl(place, "--silent", "--formatter", "json", *command)))
