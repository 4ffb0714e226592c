"""Money: a whole number of minor units and a currency. No floats come near it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.errors import DomainError


class CurrencyMismatch(DomainError):
    """Amounts in different currencies cannot be combined."""

    code = "currency_mismatch"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` minor units (cents) of `currency` (ISO 4217, upper case)."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        sign, minor = ("-", -self.amount) if self.amount < 0 else ("", self.amount)
        return f"{sign}{minor // 100}.{minor % 100:02d} {self.currency}"

    def share(self, part: int, whole: int) -> Money:
        """`part / whole` of it, rounded half up to the minor unit."""
        return Money((2 * self.amount * part + whole) // (2 * whole), self.currency)

    def as_dict(self) -> dict[str, int | str]:
        return {"amount": self.amount, "currency": self.currency}

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be combined.")
        return other.amount


def total(amounts: Iterable[Money], *, currency: str) -> Money:
    """The sum; zero of `currency` when there are none."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result
