"""`make doctor ENGINES=real` sees each thing that can be wrong with an engine: each is broken here, and mended."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from types import ModuleType
from typing import Any

import psycopg2
import pymongo
import pytest
import redis as redis_client
from engines import consul, elasticsearch, fault, mariadb, mongodb, postgresql, rabbitmq, redis
from engines.place import Place
from kombu import Connection
from rich.console import Console
from run.addresses import ENGINES
from run.doctor import examine
from run.shopper import until
from run.system import System

Break = Callable[[], Any]


@pytest.fixture
def wrongs(place: Place) -> Callable[[ModuleType], str]:
    """`wrongs(postgresql)`: what the doctor says is wrong with it, each with an advice."""

    def look(engine: ModuleType) -> str:
        found = list(engine.faults(place))
        assert all(each.wrong and each.advice for each in found)
        return "\n".join(each.wrong for each in found)

    return look


@pytest.fixture
def sql(place: Place) -> Iterator[Callable[[str], None]]:
    with closing(psycopg2.connect(postgresql._superuser(place))) as connection:
        connection.autocommit = True
        yield connection.cursor().execute


@pytest.fixture
def mongo(place: Place) -> Iterator[pymongo.MongoClient]:
    with pymongo.MongoClient(mongodb._administrator(place)) as client:
        yield client


@contextmanager
def afterwards(mend: Callable[[], Any]) -> Iterator[None]:
    try:
        yield
    finally:
        mend()


def ctl(place: Place, *arguments: str) -> Callable[[], str]:
    return lambda: rabbitmq.ctl(place, *arguments)


@pytest.mark.parametrize("name", ENGINES)
def test_a_good_engine_has_no_fault(wrongs, name):
    until(lambda: wrongs(ENGINES[name]) == "", what=f"nothing wrong with {name}")


@pytest.mark.parametrize("name", ENGINES)
def test_a_version_that_is_too_old(wrongs, monkeypatch, name):
    monkeypatch.setattr(ENGINES[name], "LEAST", "999.1")
    assert "999.1 or newer is needed" in wrongs(ENGINES[name])


def test_versions_are_compared_by_their_numbers():
    assert not list(fault.too_old("10.11.6-MariaDB-0+deb12u1", "10.5"))
    assert not list(fault.too_old("15.18", "15"))
    assert list(fault.too_old("9.6", "14"))


def test_one_that_does_not_run(place, tmp_path):
    """By the command itself: what is wrong, what to do, and the exit code."""
    daemon = redis.daemon(place)
    daemon.kill()
    with afterwards(daemon.start):
        console = Console(record=True, width=200)
        assert examine(System(tmp_path, engines=place.folder), console) == 1
    said = console.export_text()
    assert "✗ Engine redis: does not run" in said
    assert "make engines" in said
    assert "✓ Engine mongodb" in said


# PostgreSQL


def test_a_database_that_a_stranger_may_open(wrongs, sql):
    sql("GRANT CONNECT ON DATABASE products TO payments")
    with afterwards(lambda: sql("REVOKE CONNECT ON DATABASE products FROM payments")):
        assert wrongs(postgresql) == "payments may open the database products"


def test_a_role_that_may_do_everything(wrongs, sql):
    sql("ALTER ROLE reviews SUPERUSER")
    with afterwards(lambda: sql("ALTER ROLE reviews NOSUPERUSER")):
        assert wrongs(postgresql) == "reviews may do everything"


def test_a_role_that_cannot_log_in(wrongs, sql):
    sql("ALTER ROLE shipping NOLOGIN")
    with afterwards(lambda: sql("ALTER ROLE shipping LOGIN")):
        assert "shipping cannot open its database" in wrongs(postgresql)


def test_a_database_and_a_role_that_are_not_there(wrongs, sql):
    sql("ALTER DATABASE reviews RENAME TO reviews_elsewhere")
    with afterwards(lambda: sql("ALTER DATABASE reviews_elsewhere RENAME TO reviews")):
        assert wrongs(postgresql) == "there is no database reviews"
    sql("ALTER ROLE reviews RENAME TO reviews_elsewhere")
    with afterwards(lambda: sql("ALTER ROLE reviews_elsewhere RENAME TO reviews")):
        assert "there is no role reviews" in wrongs(postgresql)


def test_a_database_in_another_encoding(wrongs, sql):
    sql("ALTER DATABASE reviews RENAME TO reviews_elsewhere")
    sql("CREATE DATABASE reviews OWNER reviews ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    sql("REVOKE ALL ON DATABASE reviews FROM PUBLIC")

    def mend() -> None:
        sql("DROP DATABASE reviews")
        sql("ALTER DATABASE reviews_elsewhere RENAME TO reviews")

    with afterwards(mend):
        assert wrongs(postgresql) == "the database reviews is in SQL_ASCII"


# MariaDB


@pytest.mark.parametrize(
    ("setting", "bad", "good", "wrong"),
    [
        ("tx_isolation", "'REPEATABLE-READ'", "'READ-COMMITTED'", "transactions are REPEATABLE-READ"),
        ("sql_mode", "''", "'TRADITIONAL'", "it cuts off what is too long (no strict mode)"),
        ("default_storage_engine", "'Aria'", "'InnoDB'", "new tables are Aria, which knows no transactions"),
    ],
)
def test_a_setting_of_mariadb(place, wrongs, setting, bad, good, wrong):
    mariadb._sql(place, f"SET GLOBAL {setting} = {bad}")
    with afterwards(lambda: mariadb._sql(place, f"SET GLOBAL {setting} = {good}")):
        assert wrongs(mariadb) == wrong


def test_a_database_of_mariadb_in_another_character_set(place, wrongs):
    mariadb._sql(place, "ALTER DATABASE orders CHARACTER SET latin1")
    good = "ALTER DATABASE orders CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
    with afterwards(lambda: mariadb._sql(place, good)):
        assert wrongs(mariadb) == "the database orders is in latin1"


def test_rights_on_mariadb(place, wrongs):
    mariadb._sql(place, "GRANT SELECT ON mysql.* TO 'orders'@'127.0.0.1'")
    with afterwards(lambda: mariadb._sql(place, "REVOKE SELECT ON mysql.* FROM 'orders'@'127.0.0.1'")):
        assert wrongs(mariadb) == "orders may do more than it should: SELECT ON `mysql`.*"
    mariadb._sql(place, "REVOKE ALL ON orders.* FROM 'orders'@'127.0.0.1'")
    with afterwards(lambda: mariadb._provide(place)):
        assert wrongs(mariadb) == "orders may not use its database"


def test_a_user_and_a_database_that_are_not_there(place, wrongs):
    mariadb._sql(place, "RENAME USER 'orders'@'127.0.0.1' TO 'elsewhere'@'127.0.0.1'")
    with afterwards(lambda: mariadb._sql(place, "RENAME USER 'elsewhere'@'127.0.0.1' TO 'orders'@'127.0.0.1'")):
        assert wrongs(mariadb) == "there is no user orders"
    mariadb._sql(place, "DROP DATABASE orders")
    with afterwards(lambda: mariadb._provide(place)):
        assert wrongs(mariadb) == "there is no database orders"


# MongoDB


def test_a_user_of_mongodb_that_may_do_too_much(wrongs, mongo):
    more = [{"role": "readAnyDatabase", "db": "admin"}]
    mongo["users"].command("grantRolesToUser", "users", roles=more)
    with afterwards(lambda: mongo["users"].command("revokeRolesFromUser", "users", roles=more)):
        assert wrongs(mongodb) == "users may do more than it should: readAnyDatabase on admin"


def test_a_user_of_mongodb_without_rights(wrongs, mongo):
    own = [{"role": "dbOwner", "db": "users"}]
    mongo["users"].command("revokeRolesFromUser", "users", roles=own)
    with afterwards(lambda: mongo["users"].command("grantRolesToUser", "users", roles=own)):
        assert "users cannot open its database: not authorized" in wrongs(mongodb)


def test_no_user_of_mongodb(place, wrongs, mongo):
    mongo["users"].command("dropUser", "users")
    with afterwards(lambda: mongodb._provide(place, mongodb.daemon(place))):
        assert wrongs(mongodb) == "there is no user users"


def test_a_replica_set_without_a_primary(wrongs, mongo):
    with suppress(pymongo.errors.PyMongoError):  # it may hang up when it steps down
        mongo.admin.command("replSetStepDown", 60, force=True)

    def primary() -> bool:
        with suppress(pymongo.errors.PyMongoError):
            return bool(mongo.admin.command("hello").get("isWritablePrimary"))
        return False

    def mend() -> None:
        mongo.admin.command("replSetFreeze", 0)
        until(primary, what="a primary")

    with afterwards(mend):
        assert "the replica set has no primary" in wrongs(mongodb)


# RabbitMQ


def test_rights_on_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "set_permissions", "-p", "souk", "orders", ".*", ".*", ".*")
    with afterwards(
        lambda: rabbitmq.ctl(place, "import_definitions", str(place.engine("rabbitmq") / "definitions.json"))
    ):
        assert wrongs(rabbitmq).splitlines()[0] == "orders may configure .*, not ^orders_.*$"
        rabbitmq.ctl(place, "clear_permissions", "-p", "souk", "orders")
        said = wrongs(rabbitmq)
        assert "orders may read nothing" in said
        assert "orders cannot connect" in said


def test_a_stranger_on_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "add_user", "stranger", "secret")
    with afterwards(ctl(place, "delete_user", "stranger")):
        rabbitmq.ctl(place, "set_permissions", "-p", "souk", "stranger", "", "", ".*")
        assert wrongs(rabbitmq) == "stranger may use it, too"


def test_an_exchange_and_a_virtual_host_that_are_not_there(place, wrongs):
    with afterwards(
        lambda: rabbitmq.ctl(place, "import_definitions", str(place.engine("rabbitmq") / "definitions.json"))
    ):
        rabbitmq.ctl(
            place, "eval", 'rabbit_exchange:delete(rabbit_misc:r(<<"souk">>, exchange, <<"souk">>), false, <<"t">>).'
        )
        assert wrongs(rabbitmq) == "the exchange souk is not there, not topic"
        rabbitmq.ctl(place, "delete_vhost", "souk")
        assert wrongs(rabbitmq) == "there is no virtual host souk"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, "the queue orders_messages is classic, not quorum: it can lose messages"),
        (
            {"x-queue-type": "quorum", "x-delivery-limit": 5},
            "the queue orders_messages has no x-dead-letter-exchange, x-dead-letter-strategy",
        ),
    ],
)
def test_a_queue_that_is_not_safe(place, wrongs, arguments, wrong):
    with Connection(rabbitmq.url(place, "orders")) as connection:
        channel = connection.channel()
        channel.queue_delete("orders_messages")
        channel.queue_declare("orders_messages", durable=True, auto_delete=False, arguments=arguments)
        with afterwards(lambda: channel.queue_delete("orders_messages")):
            assert wrongs(rabbitmq) == wrong


def test_an_alarm_of_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "set_vm_memory_high_watermark", "absolute", "1MB")
    with afterwards(ctl(place, "set_vm_memory_high_watermark", "absolute", "512MB")):
        until(lambda: "it takes no message" in wrongs(rabbitmq), what="the alarm")
    until(lambda: wrongs(rabbitmq) == "", what="the end of the alarm")


# Redis


@pytest.fixture
def redis_itself(place: Place) -> Iterator[redis_client.Redis]:
    with redis_client.Redis.from_url(redis.url(place)) as client:
        yield client


def test_a_redis_that_forgets_when_it_is_full(wrongs, redis_itself):
    redis_itself.config_set("maxmemory-policy", "allkeys-lru")
    with afterwards(lambda: redis_itself.config_set("maxmemory-policy", "noeviction")):
        assert wrongs(redis).startswith("when it is full it forgets (allkeys-lru)")


def test_a_redis_that_is_full(wrongs, redis_itself):
    redis_itself.config_set("maxmemory", "1")
    with afterwards(lambda: redis_itself.config_set("maxmemory", "0")):
        assert wrongs(redis).startswith("it takes nothing: OOM")


def test_a_redis_that_is_a_copy(wrongs, redis_itself):
    redis_itself.replicaof("127.0.0.1", "1")
    with afterwards(lambda: redis_itself.replicaof("NO", "ONE")):
        assert wrongs(redis) == "it is a copy of another and cannot be written to"


# Elasticsearch and Consul


def asked(url: str, method: str = "GET", document: object = None) -> None:
    body = json.dumps(document).encode() if document is not None else None
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()


@pytest.fixture
def index(place: Place) -> Iterator[Callable[[str], str]]:
    """`index("a")`: one more index behind the alias; its name."""
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
