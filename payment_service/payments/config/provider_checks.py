"""Checks of the settings of the payment providers. Each raises BadEnvironment, which names the variable."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from chassis.core.env import BadEnvironment, Env
from payments.domain.methods import BY_TRANSFER, WAYS

PAYPAL = "https://api-m.paypal.com"
PAYPAL_SANDBOX = "https://api-m.sandbox.paypal.com"


def countries(given: list[str]) -> Mapping[str, frozenset[str]]:
    """Return the countries of each provider that `<provider>=<country> <country> ...` limits to some."""
    found: dict[str, frozenset[str]] = {}
    for text in given:
        name, _, codes = text.partition("=")
        wanted = codes.split()
        if name not in WAYS or not wanted or not all(re.fullmatch("[A-Z]{2}", code) for code in wanted):
            raise BadEnvironment(f"PAYMENT_COUNTRIES has {text!r}; write for example: stripe=DE AT.")
        found[name] = frozenset(wanted)
    return found


def check_return_url(url: str) -> None:
    try:
        named = url.format(order_id="1") != url
    except (LookupError, ValueError):
        named = False
    if not named:
        raise BadEnvironment(f"PAYMENT_RETURN_URL is {url}; it must contain {{order_id}}, and no other braces.")


def check_transfers(providers: Collection[str], *, account: str) -> None:
    used = sorted(BY_TRANSFER.intersection(providers))
    if used and not account:
        raise BadEnvironment(f"{used[0]} needs BANK_TRANSFER_TO, the shop's bank account as customers read it.")


def check_stripe(
    env: Env, providers: Collection[str], *, key: str, publishable_key: str, webhook_secrets: list[str], base: str
) -> None:
    given = {
        "STRIPE_API_KEY": key,
        "STRIPE_PUBLISHABLE_KEY": publishable_key,
        "STRIPE_WEBHOOK_SECRET": "".join(webhook_secrets),
    }
    if not _is_complete("stripe", providers, **given):
        return
    _check_mode(env, "STRIPE_API_KEY", key, "sk", "rk")
    _check_mode(env, "STRIPE_PUBLISHABLE_KEY", publishable_key, "pk")
    _check_https(env, "STRIPE_API_BASE", base)


def check_paypal(
    env: Env, providers: Collection[str], *, client_id: str, secret: str, webhook_id: str, base: str
) -> None:
    given = {"PAYPAL_CLIENT_ID": client_id, "PAYPAL_CLIENT_SECRET": secret, "PAYPAL_WEBHOOK_ID": webhook_id}
    if not _is_complete("paypal", providers, **given):
        return
    if env.staging and base != PAYPAL_SANDBOX:
        raise BadEnvironment(f"PAYPAL_API_BASE is {base}; staging takes no real money: {PAYPAL_SANDBOX}.")
    if env.production and not env.staging and base != PAYPAL:
        raise BadEnvironment(f"PAYPAL_API_BASE is {base}; production takes real money: {PAYPAL}.")


def _is_complete(provider: str, providers: Collection[str], **needed: str) -> bool:
    """Return whether the provider has all its settings, False if it has none and is not used."""
    missing = [name for name, value in needed.items() if not value]
    if missing and (provider in providers or len(missing) < len(needed)):
        raise BadEnvironment(f"{provider} needs {' and '.join(needed)}; not set: {', '.join(missing)}.")
    return not missing


def _check_mode(env: Env, name: str, key: str, *kinds: str) -> None:
    """Staging has test keys, production live ones."""
    mode = "test" if env.staging else "live"
    if env.production and not key.startswith(tuple(f"{kind}_{mode}_" for kind in kinds)):
        moves = "staging takes no real money" if env.staging else "production takes real money"
        raise BadEnvironment(f"{name} is not a {mode} key; {moves}.")


def _check_https(env: Env, name: str, address: str) -> None:
    if env.production and not address.startswith("https://"):
        raise BadEnvironment(f"{name} is {address}; production speaks https to its provider.")
