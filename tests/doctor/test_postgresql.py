"""The doctor's findings about PostgreSQL; each test breaks and repairs one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest
from engines import postgresql
from engines.place import Place

from tests.doctor.mending import afterwards


@pytest.fixture
def sql(place: Place) -> Iterator[Callable[[str], None]]:
    with closing(psycopg2.connect(postgresql._superuser(place))) as connection:
        connection.autocommit = True
        yield connection.cursor().execute


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
