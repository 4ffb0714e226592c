"""Throttling: after a number of free attempts, each attempt delays the next one longer.

Attempts are counted per client and per client and account together, never per account alone, so that an
attacker cannot delay the owner of the account.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from chassis.core.errors import DomainError, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`free` attempts without delay; then 1, 2, 4 ... up to `longest` seconds. Counts expire after `memory` seconds."""

    name: str
    free: int
    longest: int
    memory: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A counter: attempts of `who` under `policy`."""

    policy: Policy
    who: str


GUESSES_OF_CLIENT = Policy(name="client", free=50, longest=60, memory=3600)
GUESSES_AT_ACCOUNT = Policy(name="account", free=5, longest=300, memory=3600)
#: Mails to one mailbox that anyone can request; the ones beyond are silently not sent.
MAILS_TO_ADDRESS = Policy(name="mail", free=5, longest=3600, memory=6 * 3600)


class TooManyAttempts(DomainError):
    """Too many attempts; wait a little."""

    code, kind = "too_many_attempts", Kind.TOO_MANY


def delay_after(count: int, policy: Policy) -> int:
    """Return the seconds that the next attempt must wait after `count` attempts."""
    over = count - policy.free
    return min(2 ** min(over - 1, 20), policy.longest) if over > 0 else 0


def guesses(*, client: str, account: str) -> list[Bucket]:
    """Return the buckets that an attempted password counts against."""
    network = network_of(client)
    return [Bucket(GUESSES_AT_ACCOUNT, f"{account} {network}"), Bucket(GUESSES_OF_CLIENT, network)]


def sign_ups(*, client: str, free: int) -> Bucket:
    """Return the bucket that a registration or a requested mail counts against."""
    return Bucket(Policy(name="sign_up", free=free, longest=300, memory=3600), network_of(client))


def network_of(address: str) -> str:
    """Return the client behind an address; for IPv6 its /64, because a client can have 2^64 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
