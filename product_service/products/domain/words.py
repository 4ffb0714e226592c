"""What a search looks for: words, their singular and plural, and what a misspelled one may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from products.domain.catalogue import folded

LONGEST_WORD = 40
MOST_WORDS = 8
MOST_CORRECTIONS = 3

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of a text, folded, as they come."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text))]


def searched_words(query: str) -> list[str]:
    """The distinct words of a query, at most eight."""
    return list(dict.fromkeys(words_of(query)))[:MOST_WORDS]


def forms(word: str) -> list[str]:
    """The word, and its singular or plural where a prefix would not find it."""
    if len(word) <= 3:
        return [word]
    if word.endswith("ies"):
        return [word, f"{word[:-3]}y"]
    if word.endswith("es") and len(word) > 4:
        return [word, word[:-1], word[:-2]]
    if word.endswith("s") and not word.endswith("ss"):
        return [word, word[:-1]]
    if word.endswith("y"):
        return [word, f"{word[:-1]}ies"]
    return [word]


def corrections(word: str, candidates: Iterable[str]) -> list[str]:
    """Which of the known words `word` may stand for, the likeliest first.

    A word inside of another (pot, teapot) counts as near; else one typing error is allowed from
    four letters on, two from seven. An error in the beginning of a longer word is found too.
    """
    allowed = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    near: list[tuple[int, int, str]] = []
    for candidate in set(candidates):
        if len(word) >= 3 and word in candidate:
            near.append((0, len(candidate), candidate))
            continue
        whole = distance(word, candidate)
        distances = [whole * 2, *(1 + 2 * distance(word, candidate[:size]) for size in (len(word), len(word) - 1))]
        best = min(distances) if len(candidate) > len(word) else whole * 2
        if allowed and best <= allowed * 2 + (len(candidate) > len(word)):
            near.append((best, len(candidate), candidate))
    return [candidate for _, _, candidate in sorted(near)[:MOST_CORRECTIONS]]


def distance(one: str, other: str) -> int:
    """Typing errors between two words: letters added, dropped, changed, or two neighbors swapped."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, target in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != target))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == target:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
