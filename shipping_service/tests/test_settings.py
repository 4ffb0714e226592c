"""Production does not start with the settings of a developer's machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = {
    "SOUK_ENV": "production",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "shop.test",
    "DATABASE_URL": "postgres://somebody@db.test/shipping",
    "REDIS_URL": "redis://redis.test",
    "BROKER_URL": "amqp://broker.test",
    "JWKS_URL": "https://users.test/.well-known/jwks.json",
    "PUBLIC_URL": "https://shop.test",
    "CARRIER_PROVIDER": "manual",
    "QUOTE_SIGNING_KEY_FILE": __file__,
}


def start(program=("-c", "import shipping.config.settings"), **changes):
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    return subprocess.run(
        [sys.executable, *program],
        cwd=Path(__file__).parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_when_all_is_given():
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"CARRIER_PROVIDER": "sandbox"}, "CARRIER_PROVIDER"),
        ({"CARRIER_PROVIDER": ""}, "CARRIER_PROVIDER"),
        ({"CARRIER_PROVIDER": "parcels-inc"}, "CARRIER_PROVIDER"),
        ({"PUBLIC_URL": "https://shop.example"}, "PUBLIC_URL"),
        ({"CARRIER_TIMEOUT_SECONDS": "60"}, "CARRIER_TIMEOUT_SECONDS"),
        ({"QUOTE_SIGNING_KEY_FILE": ""}, "QUOTE_SIGNING_KEY_FILE"),
        ({"QUOTE_SIGNING_KEY_FILE": "/nowhere/key.pem"}, "QUOTE_SIGNING_KEY_FILE"),
    ],
)
def test_production_names_what_it_misses(changes, named):
    result = start(**changes)
    assert result.returncode != 0
    assert f"BadEnvironment: {named}" in result.stderr


def test_production_knows_no_secret_that_the_repository_shows():
    program = "from shipping.config import settings as s; print([s.COURIER_API_KEY, s.COURIER_WEBHOOK_SECRET])"
    assert start(program=["-c", program]).stdout == "['', '']\n"
