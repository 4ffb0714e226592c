"""RabbitMQ 3.10 (Debian): a node of our own beside any other, with one user a service."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from pathlib import Path

from engines.daemon import Daemon
from engines.machine import apt_install, give_to, run_as
from engines.place import SERVICES, Place

NAME, VERSION = "rabbitmq", "3.10"
_BIN = Path("/usr/lib/rabbitmq/bin")
_USER = "rabbitmq"


def install() -> None:
    apt_install("rabbitmq-server")


def url(place: Place, service: str) -> str:
    return f"amqp://{service}:{place.password(f'rabbitmq-{service}')}@127.0.0.1:{place.port(NAME)}/souk"


def environment(place: Place) -> dict[str, str]:
    """What makes a node: also for `rabbitmqctl` (`ctl`)."""
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
    """The port mapper daemon, which the node leaves behind; it ends only when no node is left."""
    command = ["epmd", "-port", str(place.port("rabbitmq-epmd")), "-kill"]
    subprocess.run(command, check=False, capture_output=True)


def ctl(place: Place, *arguments: str) -> str:
    """`rabbitmqctl` for our node."""
    done = subprocess.run(
        [str(_BIN / "rabbitmqctl"), *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment(place)},
        cwd=place.engine(NAME), check=True, capture_output=True, text=True, **run_as(_USER),
    )  # fmt: skip
    return done.stdout


def definitions(place: Place) -> dict[str, object]:
    """Virtual host, users and exchanges. A service may touch its own queues, and publish to and bind from `souk`."""
    users, permissions = [], []
    for service in SERVICES:
        own = f"{service}_.*"
        users.append(
            {
                "name": service,
                "password_hash": _hash(place.password(f"rabbitmq-{service}"), salt=service.encode()[:4].ljust(4, b"_")),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            }
        )
        shared = "souk|souk_dead|souk_markers"
        permissions.append(
            {
                "user": service,
                "vhost": "souk",
                "configure": f"^({own}|{shared})$",
                "write": f"^({own}|{shared})$",
                "read": f"^({own}|{shared})$",
            }
        )
    exchange = {"vhost": "souk", "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {
        "vhosts": [{"name": "souk"}],
        "users": users,
        "permissions": permissions,
        "exchanges": [
            {**exchange, "name": "souk", "type": "topic"},
            {**exchange, "name": "souk_dead", "type": "direct"},
            {**exchange, "name": "souk_markers", "type": "direct"},
        ],
    }


def empty(place: Place) -> None:
    """No queue, no message: as a broker that has lost its disk."""
    ctl(place, "delete_vhost", "souk")
    ctl(place, "import_definitions", str(place.engine(NAME) / "definitions.json"))


def _hash(password: str, *, salt: bytes) -> str:
    """RabbitMQ's salted SHA-256 (https://www.rabbitmq.com/docs/passwords)."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _check(place: Place) -> str:
    from kombu import Connection

    try:
        with Connection(url(place, "orders"), connect_timeout=2) as connection:
            connection.connect()
    except Exception as error:  # whatever the client raises, it is not up
        return f"{type(error).__name__}: {error}"
    return ""
