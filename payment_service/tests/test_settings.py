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
    "PAYMENT_PROVIDERS": "stripe",
    "STRIPE_API_KEY": "sk_live_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "PAYMENT_RETURN_URL": "https://shop.test/orders/{order_id}/",
}

TEST_KEYS = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1"}


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
        {"PAYMENT_PROVIDERS": ""},
        {"PAYMENT_PROVIDERS": "sandbox"},
        {"PAYMENT_PROVIDERS": "stripe,sandbox"},
        {"PAYMENT_PROVIDERS": ","},
        {"PAYMENT_COUNTRIES": "DE"},
        {"PAYMENT_COUNTRIES": "strype=DE"},
        {"PAYMENT_COUNTRIES": "stripe=DE de"},
        {"STRIPE_API_KEY": ""},
        {"STRIPE_API_KEY": "sk_test_1"},
        {"STRIPE_PUBLISHABLE_KEY": ""},
        {"STRIPE_PUBLISHABLE_KEY": "pk_test_1"},
        {"STRIPE_WEBHOOK_SECRET": ""},
        {"PAYMENT_RETURN_URL": ""},
        {"PAYMENT_RETURN_URL": "https://souk.example/orders/{order_id}/"},
        {"PAYMENT_RETURN_URL": "https://shop.test/orders/"},
        {"PAYMENT_RETURN_URL": "https://shop.test/orders/{id}/"},
        {"STRIPE_API_BASE": "http://api.stripe.test"},
        {"PAYMENT_PROVIDERS": "strype"},
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
    assert start(SOUK_ENV="staging", **TEST_KEYS) == ""
    assert "STRIPE_API_KEY" in start(SOUK_ENV="staging", **{**TEST_KEYS, "STRIPE_API_KEY": "sk_live_1"})
    assert "PAYMENT_PROVIDERS" in start(SOUK_ENV="staging", **TEST_KEYS, PAYMENT_PROVIDERS="sandbox")


def test_production_has_no_sandbox_even_with_the_key_of_the_example():
    program = "from payments.config import settings as s; print(repr(s.SANDBOX_PAYMENT_KEY))"
    assert run(program, SANDBOX_PAYMENT_KEY="sandbox-key").stdout == "''\n"
    assert run(program, SOUK_ENV="development").stdout == "'sandbox-key'\n"


@pytest.mark.parametrize("missing", ["STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_a_provider_with_half_of_its_settings_is_refused_by_name_even_if_it_is_not_used(missing):
    """It would serve payments that were made with it, and believe no webhook."""
    said = start(SOUK_ENV="development", PAYMENT_PROVIDERS="sandbox", **{missing: ""})
    assert f"not set: {missing}" in said


def test_a_provider_without_settings_is_off():
    nothing = {"STRIPE_API_KEY": "", "STRIPE_PUBLISHABLE_KEY": "", "STRIPE_WEBHOOK_SECRET": ""}
    assert start(SOUK_ENV="development", PAYMENT_PROVIDERS="sandbox", **nothing) == ""


PAYPAL = {"PAYPAL_CLIENT_ID": "c", "PAYPAL_CLIENT_SECRET": "s", "PAYPAL_WEBHOOK_ID": "W"}


def test_production_and_staging_take_paypal_at_its_own_addresses_only():
    sandbox = "https://api-m.sandbox.paypal.com"
    assert start(PAYMENT_PROVIDERS="stripe,paypal", **PAYPAL) == ""
    assert "PAYPAL_API_BASE" in start(PAYMENT_PROVIDERS="paypal", **PAYPAL, PAYPAL_API_BASE=sandbox)
    assert "PAYPAL_API_BASE" in start(PAYMENT_PROVIDERS="paypal", **PAYPAL, PAYPAL_API_BASE="http://127.0.0.1:1")
    assert start(SOUK_ENV="staging", **TEST_KEYS, **PAYPAL, PAYPAL_API_BASE=sandbox) == ""
    assert "PAYPAL_API_BASE" in start(SOUK_ENV="staging", **TEST_KEYS, **PAYPAL)


@pytest.mark.parametrize("missing", PAYPAL)
def test_paypal_with_a_part_of_its_settings_is_refused_by_name(missing):
    assert f"not set: {missing}" in start(**{**PAYPAL, missing: ""})


def test_production_trusts_no_authority_of_our_own():
    program = "from payments.config import settings as s; print(repr(s.PAYPAL_AUTHORITY_FILE))"
    assert run(program, PAYPAL_AUTHORITY_FILE="/tmp/mine.pem").stdout == "''\n"


@pytest.mark.parametrize("provider", ["prepayment", "invoice"])
def test_bank_transfers_need_an_account(provider):
    assert "BANK_TRANSFER_TO" in start(PAYMENT_PROVIDERS=provider)
    assert start(PAYMENT_PROVIDERS=provider, BANK_TRANSFER_TO="Shop, DE02") == ""


def test_a_shop_can_start_without_any_provider():
    nothing = {"STRIPE_API_KEY": "", "STRIPE_PUBLISHABLE_KEY": "", "STRIPE_WEBHOOK_SECRET": ""}
    assert start(PAYMENT_PROVIDERS="cash_on_delivery", **nothing) == ""
