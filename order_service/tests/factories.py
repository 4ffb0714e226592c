"""Valid objects; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from chassis.core.money import Money
from chassis.jwt import QUOTE
from orders import commands
from orders.clients import AUDIENCE, ISSUER
from orders.commands.catalog import VariantSnapshot
from orders.domain import lifecycle
from orders.domain.order import Order, order_number
from orders.domain.outcome import Outcome
from orders.domain.policy import Policy
from orders.domain.pricing import Offer, merged, priced_lines, prices_of
from orders.events_out import Address, Item
from testkit import tokens

NOON = datetime(2024, 11, 22, 12, 0, tzinfo=UTC)
POLICY = Policy()
SHIRT, MUG = "SHIRT-M", "MUG"
PRICES = {SHIRT: 2999, MUG: 1250}
NAMES = {SHIRT: "Linen Shirt, M", MUG: "Mug"}


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


def an_address(**changes: Any) -> Address:
    given = {
        "name": "Amina Idrissi",
        "line1": "12 Rue de la Paix",
        "line2": "",
        "city": "Paris",
        "postal_code": "75002",
        "region": "",
        "country": "FR",
        "phone": "",
    }
    return Address(**{**given, **changes})


def items(**quantities: int) -> list[Item]:
    """`items(MUG=2)`; by default two shirts and a mug."""
    return [Item(sku=sku.replace("_", "-"), quantity=n) for sku, n in (quantities or {"SHIRT_M": 2, "MUG": 1}).items()]


def offers() -> dict[str, Offer]:
    return {sku: Offer(sku=sku, product_id=uuid4(), name=NAMES[sku], price=euros(PRICES[sku])) for sku in PRICES}


def a_new_order(**changes: Any) -> Order:
    """Return an order as `place_order` makes it, with two shirts and a mug. 2 x 29.99 + 12.50 + 4.90 = 77.38."""
    order_id = uuid4()
    lines = priced_lines(merged(items()), offers())
    prices = prices_of(lines, shipping=euros(490))
    given = {
        "id": order_id,
        "number": order_number(order_id, NOON),
        "customer_id": uuid4(),
        "correlation_id": "test-journey",
        "lines": lines,
        "address": an_address(),
        "subtotal": prices.subtotal,
        "shipping": prices.shipping,
        "tax": prices.tax,
        "total": prices.total,
        "refunded": euros(0),
        "quote_id": uuid4(),
        "carrier": "atlas",
        "service": "standard",
        "payment_method": "card_ok",
        "placed_at": NOON,
        "updated_at": NOON,
    }
    return Order(**{**given, **changes})


def begun(**changes: Any) -> Outcome:
    return lifecycle.begin(a_new_order(**changes), now=NOON, policy=POLICY)


# On the database


def product(**changes: Any) -> dict[str, Any]:
    """Return the data of `product.changed.v1`, by default of the tests' only product."""
    given = {
        "product_id": str(UUID(int=1)),
        "slug": "souk-things",
        "name": "Souk",
        "category": "things",
        "image_url": "/media/souk.svg",
        "active": True,
        "variants": [
            {
                "sku": sku,
                "name": f"Souk {NAMES[sku]}",
                "options": {},
                "price": {"amount": price, "currency": "EUR"},
                "weight_grams": 200,
                "active": True,
            }
            for sku, price in PRICES.items()
        ],
    }
    return {**given, **changes}


def a_catalog(prices: dict[str, int] | None = None, *, version: int = 1) -> None:
    commands.record_product(
        product_id=UUID(int=1),
        version=version,
        slug="souk-things",
        name="Souk",
        image_url="/media/souk.svg",
        active=True,
        variants=[
            VariantSnapshot(sku=sku, name=NAMES.get(sku, sku), price=euros(price), active=True)
            for sku, price in (prices or PRICES).items()
        ],
    )


def a_quote(customer_id: UUID, of_items: list[Item] | None = None, **claims: Any) -> str:
    """Return a shipping quote as shipping signs it; override claims to invalidate it."""
    given = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(customer_id),
        "jti": str(uuid4()),
        "exp": datetime.now(UTC) + timedelta(minutes=15),
        "country": "FR",
        "postal_code": "75002",
        "lines": sorted([item.sku, item.quantity] for item in (of_items or items())),
        "carrier": "atlas",
        "service": "standard",
        "price": {"amount": 490, "currency": "EUR"},
        "weight_grams": 600,
        "delivery_days": 3,
    }
    return tokens.sign({**given, **claims}, token_type=claims.pop("typ", QUOTE))


def place(customer_id: UUID, **changes: Any) -> Order:
    """Place an order in the database, with its catalog, and return it."""
    a_catalog()
    given = {
        "customer_id": customer_id,
        "items": items(),
        "shipping_quote": a_quote(customer_id),
        "address": an_address(),
        "payment_method": "card_ok",
        "expected_subtotal": euros(2 * 2999 + 1250),
        "now": timezone.now(),
    }
    return commands.place_order(**{**given, **changes})
