"""The throttle with a real server and without one."""

import threading
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from testkit.processes import RedisServer
from users.domain.throttling import Bucket, Policy, TooManyAttempts, delay_after
from users.providers import throttle

NOW = timezone.now()
POLICY = Policy(name="test", free=5, longest=300, memory=3600)
CLIENT = Policy(name="test_client", free=50, longest=60, memory=3600)
BUCKETS = [Bucket(POLICY, "account client"), Bucket(CLIENT, "client")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.process.stop()


@pytest.fixture(params=["redis", "no redis"])
def counter(request, settings):
    if request.param == "redis":
        use(request.getfixturevalue("server"), settings)
    return request.param


@pytest.fixture
def with_redis(server, settings):
    return use(server, settings)


def use(server, settings):
    settings.REDIS_URL = server.url()
    client = redis.Redis.from_url(server.url())
    client.flushall()
    return client


def attempts(count, *, now=NOW, buckets=BUCKETS):
    """Return the required waits; 0 for a permitted attempt."""
    waits = []
    for _ in range(count):
        try:
            throttle.attempt(buckets, now=now)
            waits.append(0)
        except TooManyAttempts as refusal:
            waits.append(refusal.facts["retry_after"])
    return waits


def test_after_the_free_attempts_each_one_waits_longer(counter):
    assert attempts(7) == [0] * 6 + [1]
    at = NOW
    for count in range(6, 20):
        at += timedelta(seconds=delay_after(count, POLICY))
        assert attempts(2, now=at) == [0, delay_after(count + 1, POLICY)]


def test_a_refused_attempt_is_not_counted_so_asking_often_does_not_prolong_the_wait(counter):
    attempts(6)
    attempts(100, now=NOW + timedelta(milliseconds=500))
    assert attempts(1, now=NOW + timedelta(seconds=1)) == [0]


def test_success_forgets_the_account_and_gives_the_client_its_attempt_back(counter):
    attempts(5)
    throttle.succeeded(BUCKETS)
    assert attempts(6) == [0] * 6


def test_signing_in_rightly_all_day_is_never_slowed(counter):
    for _ in range(200):
        assert attempts(1) == [0]
        throttle.succeeded(BUCKETS)


def test_other_clients_of_the_same_account_are_not_slowed(counter):
    attempts(50)
    assert attempts(1, buckets=[Bucket(POLICY, "account elsewhere"), Bucket(CLIENT, "elsewhere")]) == [0]


def test_a_client_that_tries_many_accounts_is_slowed(counter):
    waits = [attempts(1, buckets=[Bucket(POLICY, f"account {n}"), BUCKETS[1]])[0] for n in range(60)]
    assert waits == [0] * 51 + [1] * 9


def test_all_is_forgotten_after_a_quiet_while(with_redis):
    attempts(6)
    keys = with_redis.keys("users:throttle:test:*")
    assert [3590 < with_redis.ttl(key) <= 3600 for key in keys] == [True]


def test_no_name_and_no_address_is_kept_in_redis(with_redis):
    attempts(3, buckets=[Bucket(POLICY, "mira@example.com 192.0.2.1"), Bucket(CLIENT, "192.0.2.1")])
    stored = b" ".join(with_redis.keys("*"))
    assert b"mira" not in stored
    assert b"192" not in stored


def test_a_hundred_parallel_guesses_get_no_more_than_the_free_ones(with_redis):
    start, waits = threading.Barrier(20), []

    def guess():
        start.wait()
        waits.extend(attempts(5))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 100
    assert waits.count(0) == 6


def test_the_server_may_forget_its_scripts(with_redis):
    attempts(1)
    with_redis.script_flush()
    assert attempts(6) == [0] * 5 + [1]


def test_a_lost_redis_is_asked_again_later_and_meanwhile_this_process_counts(settings):
    assert attempts(7) == [0] * 6 + [1]
    assert not throttle._redis_in_use()
    throttle.reset()
    assert throttle._redis_in_use()
