"""Time limits against engines that accept a connection and then never respond."""

from __future__ import annotations

import socket
import sys
import threading
import time

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from chassis import time_limits
from chassis.settings import database
from chassis.watchdog import Watchdog

#: Seconds; less than every limit that the tests have not shortened.
SOON = 4.0


@pytest.fixture
def hanging():
    """`hanging(b"...")`: the port of a server that sends this to each client and then nothing more."""
    listeners, conversations = [], []

    def serve(listener, greeting):
        while True:
            try:
                conversation, _ = listener.accept()
            except OSError:
                return
            conversations.append(conversation)
            if greeting:
                conversation.recv(1024)
                conversation.sendall(greeting)

    def start(greeting=b""):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=[listener, greeting], daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for each in listeners + conversations:
        each.close()


@pytest.fixture(autouse=True)
def limits_of_the_process():
    """PostgreSQL's limit is valid for the whole process; other tests need the usual one."""
    usual = time_limits.ANSWER
    yield
    time_limits.limit_postgresql(usual)


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(time_limits, "CONNECT", 1)
    monkeypatch.setattr(time_limits, "ANSWER", 1)


def opened(url):
    connection = ConnectionHandler({"default": {**database(url), "TIME_ZONE": None}})["default"]
    connection.ensure_connection()
    return connection


@pytest.mark.django_db
@pytest.mark.parametrize(("driver", "scheme"), [("psycopg2", "postgres"), ("MySQLdb", "mysql")])
def test_an_engine_that_takes_a_connection_and_says_nothing_is_away(hanging, hasty, monkeypatch, driver, scheme):
    """Connecting has a shorter limit than a response."""
    pytest.importorskip(driver)
    monkeypatch.setattr(time_limits, "ANSWER", int(4 * SOON))
    began = time.monotonic()
    with pytest.raises(OperationalError):
        opened(f"{scheme}://shop:secret@127.0.0.1:{hanging()}/shop")
    assert time.monotonic() - began < SOON


def test_a_mongodb_that_says_nothing_is_away(hanging, hasty):
    pymongo = pytest.importorskip("pymongo")
    made = database(f"mongodb://127.0.0.1:{hanging()}/users?directConnection=true")
    began = time.monotonic()
    with pytest.raises(pymongo.errors.PyMongoError):
        pymongo.MongoClient(made["HOST"], **made["OPTIONS"]).users.command("ping")
    assert time.monotonic() - began < SOON


#: "Authentication succeeded, ready for queries", and the parameters that psycopg2 needs.
_READY = (
    b"R\0\0\0\x08\0\0\0\0"
    + b"".join(
        b"S" + (len(pair) + 4).to_bytes(4, "big") + pair
        for pair in (
            b"client_encoding\0UTF8\0",
            b"DateStyle\0ISO, MDY\0",
            b"integer_datetimes\0on\0",
            b"standard_conforming_strings\0on\0",
            b"server_version\x0015.0\0",
        )
    )
    + b"Z\0\0\0\x05I"
)


def test_a_postgresql_that_hangs_in_the_middle_of_a_statement_is_away(hanging, hasty):
    """Its kernel still acknowledges, so only the client's own time limit detects it. The connection is closed."""
    psycopg2 = pytest.importorskip("psycopg2")
    time_limits.limit_postgresql(1)
    port = hanging(_READY)
    connection = psycopg2.connect(
        f"host=127.0.0.1 port={port} user=shop dbname=shop sslmode=disable gssencmode=disable"
    )
    began = time.monotonic()
    with pytest.raises(psycopg2.OperationalError, match="has not answered"):
        connection.cursor().execute("SELECT 1")
    assert time.monotonic() - began < SOON
    assert connection.closed


def test_a_migration_may_take_as_long_as_it_takes(monkeypatch):
    limits = {"read_timeout", "write_timeout", "socketTimeoutMS"}
    assert limits & time_limits.options("mysql").keys()
    assert limits & time_limits.options("mongodb").keys()
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert not limits & time_limits.options("mysql").keys()
    assert not limits & time_limits.options("mongodb").keys()


@pytest.fixture
def ended():
    return []


@pytest.fixture
def dog(ended):
    return Watchdog(end=lambda: ended.append(True))


def test_work_that_is_older_than_its_limit_ends_the_process(dog, ended):
    dog.begin("chassis.receive", limit=60)
    dog.look(60)
    assert not ended
    dog.look(1)
    assert ended


def test_a_job_may_take_as_long_as_its_lease(dog, ended):
    dog.begin("job.long", limit=600)
    dog.look(600)
    assert not ended


def test_work_that_is_done_or_gets_on_ends_nothing(dog, ended):
    dog.begin("one", limit=60)
    dog.look(59)
    dog.done()
    dog.look(59)
    dog.begin("two", limit=60)
    dog.look(59)
    dog.alive()
    dog.look(59)
    assert not ended


def test_a_neighbor_that_gets_on_does_not_hide_who_hangs(dog, ended):
    hangs = threading.Thread(target=dog.begin, args=["hangs"], kwargs={"limit": 60})
    hangs.start()
    hangs.join()
    dog.begin("works", limit=60)
    for _ in range(3):
        dog.look(30)
        dog.alive()
    assert ended
