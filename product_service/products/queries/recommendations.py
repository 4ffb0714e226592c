"""Recommendations, from what was bought and sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from products.models import BoughtTogether, Category, Product, Purchase
from products.queries.lists import cards_after, identified, products_for_sale
from products.repository import statements

MOST_RELATED = 12
#: Recommendations look at this many of a customer's latest purchases.
_RECENT_PURCHASES = 50
#: And at this many products bought together with each.
_PAIRS_OF_EACH = 24
_BEST_FIRST = ("sold", "rating_hundredths", "rating_count")


def related_cards(key: str) -> list[msgspec.Raw] | None:
    """Return the cards of products bought together with it, the most frequent first, then the best of its category.

    Then those of its whole branch of the tree. None if there is no such product.
    """
    found = products_for_sale().filter(**identified(key)).values_list("id", "category_id", "category__path").first()
    if found is None:
        return None
    product_id, category_id, path = found
    pairs = BoughtTogether.objects.filter(product_id=product_id).order_by("-orders", "other_id")
    cards = _cards(pairs.values_list("other_id", flat=True)[:MOST_RELATED])
    cards = _filled(cards, [category_id], without=[product_id])
    branch = Category.objects.filter(path__startswith=path.split("/", 1)[0] + "/").exclude(id=category_id)
    if len(cards) < MOST_RELATED:
        cards = _filled(cards, list(branch.values_list("id", flat=True)), without=[product_id])
    return list(cards.values())


def recommended_cards(customer_id: UUID | None) -> list[msgspec.Raw]:
    """Return products bought together with the customer's purchases, then the best of the same categories.

    Without purchases or a customer: the best sold and best rated products.
    """
    bought = _bought_by(customer_id) if customer_id else []
    cards: dict[UUID, msgspec.Raw] = {}
    if bought:
        cards = _cards(_bought_with(bought))
        liked = list(Product.objects.filter(id__in=bought).order_by().values_list("category_id", flat=True).distinct())
        cards = _filled(cards, liked, without=bought)
    return list(_filled(cards, None, without=bought).values())


def _bought_by(customer_id: UUID) -> list[UUID]:
    recent = Purchase.objects.filter(customer_id=customer_id).order_by("-bought_at", "product_id")
    return list(recent.values_list("product_id", flat=True)[:_RECENT_PURCHASES])


def _bought_with(bought: Sequence[UUID]) -> list[UUID]:
    """Return the products bought most often together with these, of the most frequent pairs of each."""
    pairs = BoughtTogether.objects.exclude(other_id__in=bought).order_by("-orders", "other_id")
    scores: Counter[UUID] = Counter()
    for other_id, orders in statements.first_of_each(
        pairs.values_list("other_id", "orders"), "product_id", bought, limit=_PAIRS_OF_EACH
    ):
        scores[UUID(str(other_id))] += orders
    best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return [product_id for product_id, _ in best[:MOST_RELATED]]


def _cards(ids: Iterable[UUID]) -> dict[UUID, msgspec.Raw]:
    wanted = list(ids)
    if not wanted:
        return {}
    found = dict(products_for_sale().filter(id__in=wanted).values_list("id", "card"))
    return {one: msgspec.Raw(found[one].encode()) for one in wanted if one in found}


def _filled(
    cards: dict[UUID, msgspec.Raw], categories: Sequence[UUID] | None, *, without: Sequence[UUID]
) -> dict[UUID, msgspec.Raw]:
    """Return `cards` first, then the best of these categories (None: all), up to the number that is shown."""
    if len(cards) >= MOST_RELATED:
        return cards
    best = cards_after(
        products_for_sale().exclude(id__in=without),
        categories,
        (*_BEST_FIRST, "id"),
        after=(),
        descending=True,
        limit=2 * MOST_RELATED,
    )
    filled = dict(cards)
    for *_, product_id, card in best:
        filled.setdefault(UUID(str(product_id)), msgspec.Raw(card.encode()))
    return dict(list(filled.items())[:MOST_RELATED])
