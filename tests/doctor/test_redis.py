"""The doctor's findings about Redis; each test breaks and repairs one thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_client
from engines import redis
from engines.place import Place

from tests.doctor.mending import afterwards


@pytest.fixture
def redis_itself(place: Place) -> Iterator[redis_client.Redis]:
    with redis_client.Redis.from_url(redis.url(place)) as client:
        yield client


def test_a_redis_that_forgets_when_it_is_full(wrongs, redis_itself):
    redis_itself.config_set("maxmemory-policy", "allkeys-lru")
    with afterwards(lambda: redis_itself.config_set("maxmemory-policy", "noeviction")):
        assert wrongs(redis).startswith("it evicts data when memory is full (allkeys-lru)")


def test_a_redis_that_is_full(wrongs, redis_itself):
    redis_itself.config_set("maxmemory", "1")
    with afterwards(lambda: redis_itself.config_set("maxmemory", "0")):
        assert wrongs(redis).startswith("it refuses writes: command not allowed when used memory")


def test_a_redis_that_is_a_copy(wrongs, redis_itself):
    redis_itself.replicaof("127.0.0.1", "1")
    with afterwards(lambda: redis_itself.replicaof("NO", "ONE")):
        assert wrongs(redis) == "it is a read-only replica"
