"""Reads for the API: few statements, and JSON that was stored when the product changed.

What a read costs does not depend on the size of the catalog: each follows an index to its place, and counts over many
rows are kept for a minute.
"""

from products.queries.categories import category_tree
from products.queries.lists import (
    cards_after,
    categories_under,
    first_cards,
    in_category,
    product_page,
    products_for_sale,
    with_variant,
)
from products.queries.recommendations import recommended_cards, related_cards
from products.queries.searches import (
    DEEPEST_RANK,
    found_by,
    found_in,
    interpreted_search,
    ordered_matches,
    ranked_cards,
)
