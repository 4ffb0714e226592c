"""SQLite under load: the write-ahead log stays small."""

from __future__ import annotations

import sqlite3

import pytest
from django.db.utils import ConnectionHandler

from chassis.settings import database


@pytest.mark.django_db
def test_a_log_that_has_grown_while_somebody_read_is_cut_back(tmp_path):
    """A long read prevents the checkpoint; after it the file is small again."""
    file, log = tmp_path / "shop.sqlite3", tmp_path / "shop.sqlite3-wal"
    connection = ConnectionHandler({"default": {**database(f"sqlite:///{file}"), "TIME_ZONE": None}})["default"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE things (body BLOB)")
        with sqlite3.connect(file) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM things").fetchone()
            for _ in range(20):
                cursor.execute("INSERT INTO things VALUES (zeroblob(1000000))")
            assert log.stat().st_size > 16 << 20
        reader.close()
        for _ in range(3):
            cursor.execute("INSERT INTO things VALUES (zeroblob(1000000))")
    assert log.stat().st_size <= 6 << 20
    connection.close()
