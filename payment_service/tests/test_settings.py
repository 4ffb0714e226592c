"""Production takes real money or does not start."""

import os
import subprocess
import sys

import pytest

REAL = {
    "SOUK_ENV": "production",
    "SECRET_KEY": "s" * 50,
    "ALLOWED_HOSTS": "shop.test",
    "DATABASE_URL": "sqlite:////tmp/none.sqlite3",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "BROKER_URL": "redis://127.0.0.1:1/1",
    "JWKS_URL": "http://127.0.0.1:1/jwks.json",
    "PAYMENT_PROVIDER": "stripe",
    "STRIPE_API_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "STRIPE_RETURN_URL": "https://shop.test/orders/",
}


def run(program: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **REAL, **changes}
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)


def start(**changes: str) -> str:
    """What starting says with these variables; empty when it starts."""
    return run("import payments.config.settings", **changes).stderr.strip().rpartition("\n")[2]


def test_production_starts_with_real_keys():
    assert start() == ""


@pytest.mark.parametrize(
    "change",
    [
        {"ALLOWED_HOSTS": ""},
        {"PAYMENT_PROVIDER": ""},
        {"PAYMENT_PROVIDER": "sandbox"},
        {"STRIPE_API_KEY": ""},
        {"STRIPE_API_KEY": "sk_test_1"},
        {"STRIPE_WEBHOOK_SECRET": ""},
        {"STRIPE_RETURN_URL": ""},
        {"STRIPE_RETURN_URL": "https://souk.example/orders/"},
        {"STRIPE_API_BASE": "http://api.stripe.test"},
        {"PAYMENT_PROVIDER": "strype"},
        {"PAYMENT_TIMEOUT": "11"},
        {"PAYMENT_TIMEOUT": "0"},
        {"PAYMENT_TIMEOUT": "nan"},
        {"PAYMENT_CALL_THREADS": "0"},
        {"SOUK_ENV": "staging"},
    ],
)
def test_production_refuses_to_start_without(change):
    assert "BadEnvironment" in start(**change)


def test_staging_takes_test_keys_only_and_no_sandbox():
    assert start(SOUK_ENV="staging", STRIPE_API_KEY="sk_test_1") == ""
    assert "STRIPE_API_KEY" in start(SOUK_ENV="staging", STRIPE_API_KEY="sk_live_1")
    assert "PAYMENT_PROVIDER" in start(SOUK_ENV="staging", STRIPE_API_KEY="sk_test_1", PAYMENT_PROVIDER="sandbox")


def test_production_has_no_sandbox_even_with_the_key_of_the_example():
    program = "from payments.config import settings as s; print(repr(s.SANDBOX_PAYMENT_KEY))"
    assert run(program, SANDBOX_PAYMENT_KEY="sandbox-key").stdout == "''\n"
    assert run(program, SOUK_ENV="development").stdout == "'sandbox-key'\n"
