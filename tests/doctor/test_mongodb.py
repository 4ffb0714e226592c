"""The doctor's findings about MongoDB; each test breaks and repairs one thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pymongo
import pytest
from engines import mongodb
from engines.place import Place
from run.shopper import until

from tests.doctor.mending import afterwards


@pytest.fixture
def mongo(place: Place) -> Iterator[pymongo.MongoClient]:
    with pymongo.MongoClient(mongodb._administrator(place)) as client:
        yield client


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
    with suppress(pymongo.errors.PyMongoError):  # it may close the connection when it steps down
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
