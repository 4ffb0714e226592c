"""Money: an integer number of minor units and a currency; never a float."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chassis.core.errors import DomainError

#: Decimals of the currencies that do not have two (ISO 4217).
EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
         "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


class CurrencyMismatch(DomainError):
    """Amounts in different currencies cannot be combined."""

    code = "currency_mismatch"


class AmountNotReadable(DomainError):
    """The text is not an amount of this currency."""

    code = "invalid_amount"


def exponent(currency: str) -> int:
    """Return the number of decimals of the currency."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units (cents) of `currency` (ISO 4217, upper case)."""

    # Amounts of unlike currencies are never equal; adding or ordering them raises CurrencyMismatch.
    amount: int
    currency: str

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Money:
        """Read an amount in major units, as people write it: `12.50`. Raises AmountNotReadable."""
        decimals = exponent(currency)
        try:
            minor = Decimal(text).scaleb(decimals)
        except ArithmeticError as error:
            raise AmountNotReadable from error
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise AmountNotReadable(f"An amount in {currency} has at most {decimals} decimals.")
        return cls(int(minor), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with all the decimals of the currency."""
        digits = tuple(map(int, str(abs(self.amount))))
        return Decimal((int(self.amount < 0), digits, -exponent(self.currency)))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.major:f} {self.currency}"

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
