"""Which engines a system runs on: the embedded ones, or the real ones of a folder (`make engines`)."""

from __future__ import annotations

from pathlib import Path

from engines import consul, elasticsearch, mariadb, mongodb, postgresql, rabbitmq, redis
from engines.place import Place
from registry import SERVICES

from run.layout import Home, Ports

ENGINES = {engine.NAME: engine for engine in (postgresql, mariadb, mongodb, rabbitmq, redis, elasticsearch, consul)}


class Embedded:
    """SQLite files, and one Redis of the system's own for everything else."""

    def __init__(self, home: Home, ports: Ports) -> None:
        self.home = home
        self.redis = f"redis://127.0.0.1:{ports.redis}/0"
        self._broker = f"redis://127.0.0.1:{ports.redis}/1"
        #: No Consul: the gateway has a static list of instances.
        self.consul_dns = ""

    def of(self, service: str) -> dict[str, str]:
        return {
            "DATABASE_URL": f"sqlite:///{self.home.data / service}.sqlite3",
            "REDIS_URL": self.redis,
            "BROKER_URL": self._broker,
            # No deregistration is needed, but the gateway must have closed its idle connections.
            "LEAVE_SECONDS": "1.5",
        }


class Real:
    """The database that `services.toml` names; RabbitMQ; Redis for what may be lost; Consul."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.redis = redis.url(self.place)
        self.consul_dns = consul.dns_address(self.place)

    def of(self, service: str) -> dict[str, str]:
        found = {
            "DATABASE_URL": self.database(service),
            "REDIS_URL": self.redis,
            "BROKER_URL": rabbitmq.url(self.place, service),
            "CONSUL_URL": f"http://{consul.address(self.place)}",
        }
        if SERVICES[service].search == elasticsearch.NAME:
            found["ELASTICSEARCH_URL"] = elasticsearch.url(self.place)
        return found

    def database(self, service: str) -> str:
        match SERVICES[service].engine:
            case mongodb.NAME:
                return mongodb.url(self.place)
            case mariadb.NAME:
                return mariadb.url(self.place)
            case _:
                return postgresql.url(self.place, service)

    def unwell(self) -> dict[str, str]:
        """Return, for each engine that cannot be used, the reason."""
        found = {}
        for engine in ENGINES.values():
            daemon = engine.daemon(self.place)
            if reason := "does not run" if daemon.pid is None else daemon.check():
                found[engine.NAME] = reason
        return found

    def empty(self) -> None:
        """Empty every service's database and every queue."""
        for engine in ENGINES.values():
            if engine.daemon(self.place).pid is not None:
                engine.empty(self.place)
