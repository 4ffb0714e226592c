"""How guessing is slowed: attempts are counted, and from some number on each makes the next one wait longer.

Counted are the client, and the client together with the account, never the account alone: so an attacker
slows himself, and the owner of the account comes in undelayed from anywhere else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from chassis.core.errors import DomainError, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`free` attempts cost nothing; then 1, 2, 4 ... up to `longest` seconds. All is forgotten after `memory`."""

    name: str
    free: int
    longest: int
    memory: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted: attempts of `who` under `policy`."""

    policy: Policy
    who: str


GUESSES_OF_CLIENT = Policy(name="client", free=50, longest=60, memory=3600)
GUESSES_AT_ACCOUNT = Policy(name="account", free=5, longest=300, memory=3600)
#: Mails that strangers may cause to one mailbox; beyond it they are silently not sent.
MAILS_TO_ADDRESS = Policy(name="mail", free=5, longest=3600, memory=6 * 3600)


class TooManyAttempts(DomainError):
    """Too many attempts; wait a little."""

    code, kind = "too_many_attempts", Kind.TOO_MANY


def delay_after(count: int, policy: Policy) -> int:
    """Seconds that the next attempt must wait after `count` of them."""
    over = count - policy.free
    return min(2 ** min(over - 1, 20), policy.longest) if over > 0 else 0


def guesses(*, client: str, account: str) -> list[Bucket]:
    """What a try of a password counts against."""
    network = network_of(client)
    return [Bucket(GUESSES_AT_ACCOUNT, f"{account} {network}"), Bucket(GUESSES_OF_CLIENT, network)]


def sign_ups(*, client: str, free: int) -> Bucket:
    """What a registration, or asking for a mail, counts against."""
    return Bucket(Policy(name="sign_up", free=free, longest=300, memory=3600), network_of(client))


def network_of(address: str) -> str:
    """The client behind an address: for IPv6 its /64, for anybody can have 2^64 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
