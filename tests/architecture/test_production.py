"""Production and staging start with safe settings, and refuse public defaults by name."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = {path.parents[1].name: path for path in sorted(ROOT.glob("*_service/*/config/settings.py"))}
#: Files that contain defaults of variables.
SOURCES = {**SERVICES, "chassis": ROOT / "chassis" / "chassis" / "settings.py"}

COMMON = {
    "SECRET_KEY": "s" * 50,
    "ALLOWED_HOSTS": "shop.test",
    "DATABASE_URL": "sqlite:////tmp/none.sqlite3",
    "REDIS_URL": "redis://redis.test/0",
    "BROKER_URL": "amqp://broker.test",
    "JWKS_URL": "https://users.test/.well-known/jwks.json",
}
MAIL_KEY = "bm90IHRoZSBvbmUgb2YgdGhlIHJlcG9zaXRvcnkhISE="
OWN = {
    "users": {"JWT_KEYS_DIR": "/run/jwt-keys", "MAIL_TOKEN_KEY": MAIL_KEY},
    "orders": {"SHIPPING_JWKS_URL": "https://shipping.test/api/v1/shipping/jwks.json"},
    "payments": {
        "PAYMENT_PROVIDERS": "stripe",
        "STRIPE_API_KEY": "sk_live_1",
        "STRIPE_PUBLISHABLE_KEY": "pk_live_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "PAYMENT_RETURN_URL": "https://shop.test/orders/{order_id}/",
    },
    "shipping": {"PUBLIC_URL": "https://shop.test", "CARRIER_PROVIDER": "manual", "QUOTE_SIGNING_KEY_FILE": __file__},
    "notifications": {
        "PUBLIC_URL": "https://shop.test",
        "STAFF_URL": "https://staff.shop.test",
        "MAIL_TOKEN_KEY": MAIL_KEY,
        "MAIL_FROM": "Shop <hello@shop.test>",
        "SUPPORT_EMAIL": "help@shop.test",
        "EMAIL_URL": "smtps://mail.test",
        "SMS_PROVIDER": "none",
        "PUSH_PROVIDER": "none",
    },
}
#: Defaults that production may use, and why.
HARMLESS = {
    "JWT_ISSUER": "a name in tokens; who signs is decided by keys",
    "STRIPE_API_BASE": "Stripe's own address",
    "SANDBOX_URL": "asked only by sandbox adapters, which production refuses",
    "SANDBOX_PAYMENT_URL": "asked only by the sandbox adapter, which production refuses",
}
_SENSITIVE = ("KEY", "SECRET", "PASSWORD", "TOKEN", "URL", "PROVIDER", "MAIL", "FROM", "HOSTS", "BASE", "ISSUER")


def start(service: str, mode: str = "production", **changes: str) -> str:
    """Return the error of a start with these variables; empty when it starts."""
    given = {**COMMON, **OWN.get(service, {}), "SOUK_ENV": mode, **changes}
    env = {"PATH": os.environ["PATH"], **{name: value for name, value in given.items() if value}}
    done = subprocess.run(
        [sys.executable, "-c", f"import {service}.config.settings"],
        cwd=SERVICES[service].parents[2],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().rpartition("\n")[2]


def staged(service: str) -> dict[str, str]:
    test_keys = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1"}
    return test_keys if service == "payments" else {}


@pytest.mark.parametrize("service", SERVICES)
def test_production_and_staging_start_when_all_is_given(service):
    assert start(service) == ""
    assert start(service, "staging", **staged(service)) == ""


@pytest.mark.parametrize(
    ("service", "name"),
    [(service, name) for service in SERVICES for name in (*COMMON, *OWN.get(service, {})) if name != "JWKS_URL"],
)
def test_production_and_staging_refuse_by_name_what_is_missing(service, name):
    assert name in start(service, **{name: ""})
    assert name in start(service, "staging", **{**staged(service), name: ""})


@pytest.mark.parametrize("service", SERVICES)
def test_production_refuses_what_the_repository_shows_even_when_it_is_set(service):
    public = f"for-development-only-{service}-0123456789-0123456789"
    assert "SECRET_KEY is" in start(service, SECRET_KEY=public)
    assert "SECRET_KEY_FALLBACKS is" in start(service, SECRET_KEY_FALLBACKS=f"{'a' * 50},{public}")
    assert "DEBUG" in start(service, DEBUG="true")
    assert "ALLOWED_HOSTS" in start(service, ALLOWED_HOSTS="shop.test,*")
    assert "SOUK_ENV" in start(service, "prod")


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("payments", "PAYMENT_PROVIDERS", "sandbox"),
        ("payments", "PAYMENT_PROVIDERS", "stripe,Stripe"),
        ("shipping", "CARRIER_PROVIDER", "sandbox"),
        ("shipping", "CARRIER_PROVIDER", "fedx"),
        ("notifications", "SMS_PROVIDER", "sandbox"),
        ("notifications", "SMS_PROVIDER", "twillio"),
        ("notifications", "PUSH_PROVIDER", "sandbox"),
        ("notifications", "PUSH_PROVIDER", "fcm"),
        ("notifications", "MAIL_FROM", "Souk <hello@souk.example>"),
        ("notifications", "SUPPORT_EMAIL", "help@example.com"),
        ("notifications", "PUBLIC_URL", "https://www.example.org/shop"),
        ("notifications", "EMAIL_URL", "console://"),
        ("shipping", "PUBLIC_URL", "https://souk.example"),
        ("users", "MAIL_TOKEN_KEY", "Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU="),
        ("notifications", "MAIL_TOKEN_KEY", f"{MAIL_KEY},Zm9yIGRldmVsb3BtZW50IG9ubHksIG5ldmVyIGxpdmU="),
    ],
)
def test_production_and_staging_refuse_sandboxes_unknown_names_and_addresses_for_examples(service, name, value):
    assert name in start(service, **{name: value})
    assert name in start(service, "staging", **{**staged(service), name: value})


@pytest.mark.parametrize("service", SERVICES)
def test_each_variable_may_be_a_file(service, tmp_path):
    secret = tmp_path / "secret_key"
    assert "SECRET_KEY_FILE" in start(service, SECRET_KEY="", SECRET_KEY_FILE=str(secret))
    secret.write_text("")
    assert "SECRET_KEY_FILE" in start(service, SECRET_KEY="", SECRET_KEY_FILE=str(secret))
    secret.write_text(f"{'s' * 50}\n")
    assert start(service, SECRET_KEY="", SECRET_KEY_FILE=str(secret)) == ""
    assert "both set" in start(service, SECRET_KEY_FILE=str(secret))


@pytest.mark.parametrize("owner", SOURCES)
def test_no_setting_has_a_default_that_a_stranger_knows(owner):
    """Each default of a secret, an address or a provider is refused in production, empty, or in HARMLESS."""
    wrong = []
    tree = ast.parse(SOURCES[owner].read_text())
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if ast.unparse(call.func.value) != "env" or call.func.attr not in {"text", "texts"} or not call.args:
            continue
        name = ast.literal_eval(call.args[0])
        default = ast.unparse(call.args[1]) if len(call.args) > 1 else "''"
        refused = any(word.arg == "unsafe" for word in call.keywords)
        known = refused or default == "''" or default.startswith("'' if env.production else") or name in HARMLESS
        sensitive = any(word in name for word in _SENSITIVE)
        if sensitive and not known and not _only_in_development(call, tree):
            wrong.append(f"{name}={default}")
    assert not wrong


def _only_in_development(call: ast.Call, tree: ast.Module) -> bool:
    """`"" if env.production else env.text(...)`"""
    return f"'' if env.production else {ast.unparse(call)}" in ast.unparse(tree)
