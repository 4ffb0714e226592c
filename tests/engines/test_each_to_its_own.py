"""The engines' own permissions refuse a service access to another service's data."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import amqp
import MySQLdb
import psycopg2
import pymongo
import pytest
from engines import mariadb, mongodb, postgresql, rabbitmq
from engines.place import Place
from kombu import Connection
from pymongo.errors import OperationFailure
from registry import SERVICES


@pytest.mark.parametrize(("intruder", "owner"), list(itertools.permutations(postgresql.SERVICES, 2)))
def test_no_role_opens_the_database_of_another(place, intruder, owner):
    own = postgresql.url(place, intruder)
    psycopg2.connect(own).close()
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(own.removesuffix(intruder) + owner)


@pytest.mark.parametrize("service", postgresql.SERVICES)
def test_a_role_is_no_superuser_and_makes_no_roles(place, service):
    with psycopg2.connect(postgresql.url(place, service)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)
    connection.close()


def test_orders_sees_no_other_database_of_mariadb(place):
    address = {"host": "127.0.0.1", "port": place.port(mariadb.NAME)}
    connection = MySQLdb.connect(**address, user="orders", passwd=place.password("orders"), db="orders")
    connection.query("SHOW DATABASES")
    seen = {name for (name,) in connection.store_result().fetch_row(maxrows=0)}
    connection.close()
    assert {name for name in seen if not name.startswith("test_orders")} == {"orders", "information_schema"}
    with pytest.raises(MySQLdb.OperationalError, match="Access denied"):
        MySQLdb.connect(**address, user="orders", passwd=place.password("orders"), db="mysql")


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "orders"])
def test_no_other_service_has_an_account_on_mariadb(place, service):
    with pytest.raises(MySQLdb.OperationalError, match="Access denied"):
        MySQLdb.connect(
            host="127.0.0.1", port=place.port(mariadb.NAME), user=service, passwd=place.password(service), db="orders"
        )


def test_users_reads_no_other_database_of_mongodb(place):
    with pymongo.MongoClient(mongodb.url(place)) as client:
        client["users"].list_collection_names()
        for other in ("admin", "local", "orders"):
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other].list_collection_names()


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "users"])
def test_no_other_service_has_an_account_on_mongodb(place, service):
    own = mongodb.url(place).replace(f"//users:{place.password('users')}@", f"//{service}:{place.password(service)}@")
    with pymongo.MongoClient(own) as client, pytest.raises(OperationFailure, match="Authentication failed"):
        client["users"].list_collection_names()


def test_a_stranger_without_a_password_gets_nothing_of_mongodb(place):
    address = f"mongodb://127.0.0.1:{place.port(mongodb.NAME)}/?directConnection=true"
    with pymongo.MongoClient(address) as client, pytest.raises(OperationFailure, match="requires authentication"):
        client["users"].list_collection_names()


@contextmanager
def channel_of(place: Place, service: str) -> Iterator[amqp.Channel]:
    with Connection(rabbitmq.url(place, service)) as connection:
        yield connection.channel()


@pytest.fixture
def secret_in_payments(place):
    """Put a message into a queue of payments."""
    name = "payments_secret"
    with channel_of(place, "payments") as channel:
        channel.queue_declare(name, auto_delete=False)
        channel.queue_bind(name, "souk", "secret.told.v1")
        channel.basic_publish_confirm(amqp.Message("a secret"), "souk", "secret.told.v1")
        yield name
        assert channel.basic_get(name).body == "a secret", "it is still there, for its owner"
        channel.queue_delete(name)


@pytest.mark.parametrize("intruder", [name for name in SERVICES if name != "payments"])
def test_no_user_reads_empties_writes_or_deletes_the_queue_of_another(place, secret_in_payments, intruder):
    for offense in (
        lambda channel: channel.basic_get(secret_in_payments),
        lambda channel: channel.basic_consume(secret_in_payments),
        lambda channel: channel.queue_purge(secret_in_payments),
        lambda channel: channel.queue_delete(secret_in_payments),
        lambda channel: channel.queue_bind(secret_in_payments, "souk", "order.placed.v1"),
        # Through the default exchange everybody could write into any queue.
        lambda channel: channel.basic_publish_confirm(amqp.Message("forged"), "", secret_in_payments),
    ):
        with channel_of(place, intruder) as channel, pytest.raises(amqp.AccessRefused):
            offense(channel)


@pytest.mark.parametrize("service", SERVICES)
def test_no_user_makes_or_deletes_the_exchange_that_all_share(place, service):
    for offense in (
        lambda channel: channel.exchange_delete("souk"),
        lambda channel: channel.exchange_declare("souk", "topic", durable=True, auto_delete=False),
        lambda channel: channel.exchange_declare("mine", "topic"),
    ):
        with channel_of(place, service) as channel, pytest.raises(amqp.AccessRefused):
            offense(channel)
