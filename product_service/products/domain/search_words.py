"""The words of a search: splitting, singular and plural forms, and correction of misspelled words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from products.domain.catalog import folded

LONGEST_WORD = 40
MOST_WORDS = 8
MOST_CORRECTIONS = 3

#: Scripts without spaces between words, or with endings added to them: Thai, Lao, Burmese, Khmer, kana, Han, Hangul.
_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_UNSPACED_WORD = re.compile(rf"[{_UNSPACED}]+")
_GAP = re.compile(r"(?<=\w)[^\w\s]+(?=\w)|_")

#: Irregular plurals and their singulars; also at the end of longer words (bookshelves).
_IRREGULAR = (
    *(("mice", "mouse"), ("lice", "louse"), ("dice", "die"), ("geese", "goose"), ("teeth", "tooth"), ("feet", "foot")),
    *(("men", "man"), ("children", "child"), ("oxen", "ox"), ("people", "person"), ("pence", "penny")),
    *(("ves", "f"), ("ves", "fe"), ("ices", "ex"), ("ices", "ix"), ("eaux", "eau"), ("theses", "thesis")),
    *(("cacti", "cactus"), ("fungi", "fungus"), ("radii", "radius"), ("nuclei", "nucleus"), ("stimuli", "stimulus")),
    *(("bases", "basis"), ("axes", "axis"), ("criteria", "criterion"), ("media", "medium")),
)
_GERMAN_ENDINGS = ("en", "er", "e", "n")


class Group(NamedTuple):
    """The alternatives for one word of a query: beginnings of words, or whole words."""

    beginnings: Sequence[str]
    words: Sequence[str] = ()


def words_of(text: str) -> list[str]:
    """Return the folded words of a text in order.

    A word of an unspaced script is split into all pairs of neighbors, so that it is found inside a longer one.
    """
    return [piece for word in _words(text) for piece in _pieces(word, last=True)]


def searched_words(query: str) -> list[str]:
    """Return the distinct words of a query, at most eight."""
    words = list(dict.fromkeys(_words(query)))[:MOST_WORDS]
    return list(dict.fromkeys(piece for word in words for piece in _pieces(word, last=False)))


def is_spaced(word: str) -> bool:
    """Return whether the word belongs to a script with spaces between words."""
    return not _UNSPACED_WORD.fullmatch(word)


def without_gaps(text: str) -> str:
    """Return the text without hyphens, dots and the like inside words: `LMP-TBL` becomes `LMPTBL`."""
    return _GAP.sub("", text)


def groups_of(words: Iterable[str]) -> list[Group]:
    return [Group(forms(word), whole_forms(word)) for word in words]


def forms(word: str) -> list[str]:
    """Return the word, and its singular or plural where a prefix would not find it."""
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


def whole_forms(word: str) -> list[str]:
    """Return irregular plurals and singulars of the word, and its stems without German endings."""
    if not is_spaced(word):
        return []
    found = []
    for pair in _IRREGULAR:
        for ending, other in (pair, pair[::-1]):
            if word.endswith(ending):
                found.append(word.removesuffix(ending) + other)
    if len(word) >= 5:
        found += [word.removesuffix(ending) for ending in _GERMAN_ENDINGS if word.endswith(ending)]
    return list(dict.fromkeys(found))


def _words(text: str) -> Iterator[str]:
    """Yield the words without marks: the vowel signs of Devanagari or Thai split a word on one engine only."""
    plain = "".join(sign for sign in folded(text) if not unicodedata.category(sign).startswith("M"))
    for word in _WORD.findall(unicodedata.normalize("NFC", plain)):
        yield word[:LONGEST_WORD]


def _pieces(word: str, *, last: bool) -> list[str]:
    """Return all pairs of neighbors of an unspaced word. `last`: also its last character, which begins no pair."""
    if is_spaced(word) or len(word) < 2:
        return [word]
    pairs = [word[place : place + 2] for place in range(len(word) - 1)]
    return [*pairs, word[-1]] if last else pairs


def corrections(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the known words that `word` may stand for, the likeliest first.

    A word inside another (pot, teapot) is near; otherwise one typing error is allowed from four letters on, two
    from seven. Errors in the beginning of a longer word are found too.
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
    """Return the number of typing errors between two words: letters added, dropped, changed, or neighbors swapped."""
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
