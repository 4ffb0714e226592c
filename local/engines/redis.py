"""Redis 7 (Debian): cache, counters, channel layer, hints. Not a broker for money."""

from __future__ import annotations

from collections.abc import Iterator

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import apt_install
from engines.place import Place

NAME, VERSION = "redis", "7.0"
#: The channel layer and the cache need it.
LEAST = "6.2"


def install() -> None:
    apt_install("redis-server")


def url(place: Place) -> str:
    return f"redis://127.0.0.1:{place.port(NAME)}/0"


def daemon(place: Place) -> Daemon:
    folder, port = place.engine(NAME), place.port(NAME)
    options = {"bind": "127.0.0.1", "port": port, "dir": folder, "appendonly": "yes", "save": "", "daemonize": "no"}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return Daemon(name=NAME, folder=folder, command=["/usr/bin/redis-server", *words], check=lambda: _check(port))


def start(place: Place) -> Daemon:
    server = daemon(place)
    server.start()
    return server


def empty(place: Place) -> None:
    with _client(place.port(NAME)) as client:
        client.flushall()


def _client(port: int) -> Redis:
    return Redis(port=port, socket_timeout=1, retry=Retry(NoBackoff(), 0), decode_responses=True)


def _check(port: int) -> str:
    with _client(port) as client:
        try:
            client.ping()
        except RedisError as error:
            return str(error)
    return ""


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, whether it accepts writes, and its behavior when memory is full."""
    with _client(place.port(NAME)) as client:
        facts = client.info("server") | client.info("replication")
        yield from too_old(facts["redis_version"], LEAST)
        if facts["role"] != "master":
            yield Fault("it is a read-only replica", "REPLICAOF NO ONE, or name the master in REDIS_URL")
        elif refusal := _refusal(client):
            yield Fault(f"it refuses writes: {refusal}", "Free memory or disk, or raise maxmemory")
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    if policy != "noeviction":
        yield Fault(
            f"it evicts data when memory is full ({policy}), including limits and revocations",
            "CONFIG SET maxmemory-policy noeviction",
        )


def _refusal(client: Redis) -> str:
    """Return the error of a write, or "" when it is accepted."""
    try:
        client.set("souk:doctor", "1", ex=10)
    except RedisError as error:
        return str(error)
    return ""
