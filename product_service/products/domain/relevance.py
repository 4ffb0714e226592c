"""How well a product matches a search."""

from __future__ import annotations

from collections.abc import Sequence

from products.domain.search_words import Group

#: Points of a word in the name, the keywords and the category: as a whole word, and as a beginning. Else: in the text.
_POINTS = ((10, 8), (5, 4), (4, 3))
_IN_THE_TEXT = 1
#: The points of each further alternative of a corrected word; the first is the likeliest.
_NEXT_ALTERNATIVE = 0.9
#: Points of a name that consists of one word; longer names share them.
_SHORT_NAME = 2


def relevance(groups: Sequence[Group], texts: Sequence[str]) -> float:
    """Return the points of a product that has a word of each group. `texts`: its folded name, keywords and category."""
    padded = [f" {text} " for text in texts]
    return sum(_points(group, padded) for group in groups) + _SHORT_NAME / (1 + texts[0].count(" "))


def _points(group: Group, texts: Sequence[str]) -> float:
    best, weight = float(_IN_THE_TEXT), 1.0
    for alternative in (*group.beginnings, *group.words):
        for text, (whole, begun) in zip(texts, _POINTS, strict=True):
            if f" {alternative}" in text and begun * weight > best:
                best = (whole if f" {alternative} " in text else begun) * weight
        weight *= _NEXT_ALTERNATIVE
    return best
