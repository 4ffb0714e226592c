"""Searches: what is found, how much of each category, and in which order."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from products.models import Category, Product
from products.queries.categories import products_by_category
from products.queries.lists import products_for_sale
from products.repository import counts, search, statements
from products.repository.statements import Rows

#: Searches that find more are not ranked word by word, and their counts are kept.
MOST_RANKED = 200
#: The last position that can be read by relevance; other orderings have no limit.
DEEPEST_RANK = 1_000
#: To look at a product on the way costs a few times what it costs to sort one, and a page needs twenty hits.
_WORTH_WALKING = 100


class Facet(NamedTuple):
    """A category and the number of products found in it."""

    slug: str
    name: str
    path: str
    hits: int


class Found(NamedTuple):
    """The result of a search. `broad`: it is too much to be ranked by every word (see `ranked_cards`)."""

    facets: list[Facet]
    broad: bool


def interpreted_search(query: str) -> search.Search:
    """Return the search for the query, corrected if its own words find nothing on sale."""
    return search.interpret(query, finds=lambda one: counts.kept(_facets_key(one, ())) or bool(_first_found(one)))


def found_by(by: search.Search, products: QuerySet[Product], terms: search.Terms, *, asked: Hashable) -> Found:
    """Return the number of found products of each category, the largest first, and whether that is much.

    `terms`: of the filters that `products` went through; `asked` identifies these filters. Large counts are kept.
    """
    key, found = _facets_key(by, asked), by.among(products, terms)
    if not counts.kept(key):
        rows = statements.facets(found, limit=MOST_RANKED + 1)
        if sum(row[-1] for row in rows) <= MOST_RANKED:
            return Found(_by_size(rows), broad=False)
    rows = counts.rows(key, lambda: statements.facets(found))
    return Found(_by_size(rows), broad=sum(row[-1] for row in rows) > MOST_RANKED)


def found_in(facets: Sequence[Facet], category: str) -> int:
    """Return the number of found products in this category and its subcategories; of all if it is empty."""
    if not category:
        return sum(one.hits for one in facets)
    path = Category.objects.filter(slug=category).values_list("path", flat=True).first()
    return sum(one.hits for one in facets if path and one.path.startswith(path))


def ranked_cards(
    products: QuerySet[Product],
    by: search.Search,
    terms: search.Terms,
    *,
    broad: bool,
    asked: Hashable,
    start: int,
    limit: int,
) -> list[str]:
    """Return the cards of the found products, the best match first.

    The matches of a broad search are not weighed one by one: whole words in names come first, then beginnings of words
    in names, then all others, each the newest first.
    """
    if not broad:
        return by.ranked_cards(products, terms, most=MOST_RANKED)[start : start + limit]
    tiers, cards = by.tiers(products, terms), list[str]()
    sizes = counts.rows(_facets_key(by, ("tiers", asked)), lambda: [(_size(tier),) for tier in tiers])
    for (size,), tier in zip(sizes, tiers, strict=True):
        if start < size and len(cards) < limit:
            rows = tier.values_list("card")[start : min(start + limit - len(cards), size)]
            cards += [card for (card,) in statements.rows_of(rows)]
        start = max(start - size, 0)
    return cards


def ordered_matches(
    products: QuerySet[Product], by: search.Search, terms: search.Terms, *, hits: int
) -> QuerySet[Product]:
    """Return the found products, to be read in the order of a column; there are about `hits` of them.

    Few are found and sorted. Many are met often enough on the way along the index of the order.
    """
    if hits > MOST_RANKED and hits * hits > _WORTH_WALKING * sum(products_by_category().values()):
        return by.ordered(products, terms)
    return by.among(products, terms)


def _size(products: QuerySet[Product]) -> int:
    """Return the number of products, as far as it can be read by relevance."""
    return products.order_by().values("id")[:DEEPEST_RANK].count()


def _first_found(by: search.Search) -> Rows:
    """Return the categories of the first found products.

    Not `exists()`: to find one of many rows, PostgreSQL reads the table from its beginning, and all of it for none.
    """
    return statements.facets(by.among(products_for_sale()), limit=MOST_RANKED + 1)


def _by_size(rows: Iterable[tuple[Any, ...]]) -> list[Facet]:
    return sorted((Facet(*row) for row in rows), key=lambda one: (-one.hits, one.slug))


def _facets_key(by: search.Search, asked: Hashable) -> Hashable:
    return (repr(by.groups), asked)
