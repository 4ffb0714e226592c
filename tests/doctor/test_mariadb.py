"""The doctor's findings about MariaDB; each test breaks and repairs one thing."""

from __future__ import annotations

import pytest
from engines import mariadb

from tests.doctor.mending import afterwards


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
