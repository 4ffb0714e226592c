"""The words of a search: scripts without spaces between words, and plurals that engines do not stem."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import NamedTuple

from reviews.domain.moderation import folded

#: More words than this are an attack on the engine, not a search.
MOST_WORDS = 12

#: Scripts without spaces between words, or with endings added to them: Thai, Lao, Burmese, Khmer, kana, Han, Hangul.
UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
#: Their vowel signs and tone marks, which an engine would take for the end of a word or for a word.
MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u17b4-\u17d3\u17dd\u3099\u309a"
)
#: Ends a word on every engine; `moderation.clean` removes it from texts.
SEPARATOR = "\x1f"

_WORD = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+")
_CHARACTER = re.compile(rf"[{UNSPACED}]")
_UNSPACED_WORD = re.compile(rf"[{UNSPACED}]+")

#: Irregular plurals and their singulars; also at the end of longer words (bookshelves).
_IRREGULAR = (
    *(("mice", "mouse"), ("lice", "louse"), ("dice", "die"), ("geese", "goose"), ("teeth", "tooth"), ("feet", "foot")),
    *(("men", "man"), ("children", "child"), ("people", "person"), ("ves", "f"), ("ves", "fe"), ("ices", "ex")),
    *(("cacti", "cactus"), ("fungi", "fungus"), ("criteria", "criterion"), ("media", "medium")),
)
_GERMAN_ENDINGS = ("en", "er", "e", "n")


class Alternatives(NamedTuple):
    """Texts that match one word of a query: beginnings of words, whole words, or characters in a row."""

    beginnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()


def words_of(query: str) -> list[str]:
    """Return the words of a query without any operators."""
    words = (word for word in _WORD.findall(query) if any(map(_is_letter, word)))
    return list(islice(words, MOST_WORDS))


def alternatives(word: str) -> Alternatives:
    """Return what matches this word of a query."""
    if is_unspaced(word):
        return Alternatives(characters=tuple(filter(_is_letter, word)))
    return Alternatives(beginnings=(word,), words=tuple(filter(str.isalnum, _other_forms(folded(word)))))


def is_unspaced(word: str) -> bool:
    """Return whether the word belongs to a script without spaces between words."""
    return bool(_UNSPACED_WORD.fullmatch(word))


def separated(text: str) -> str:
    """Return the text with separators around each character of an unspaced script: engines index each as a word."""
    return _CHARACTER.sub(rf"{SEPARATOR}\g<0>{SEPARATOR}", text)


def joined(text: str) -> str:
    """Return the text without the separators."""
    return text.replace(SEPARATOR, "")


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] != "M"


def _other_forms(word: str) -> dict[str, None]:
    """Return irregular plurals and singulars of the word, and its stems without German endings."""
    found: dict[str, None] = {}
    for pair in _IRREGULAR:
        for ending, other in (pair, pair[::-1]):
            if word.endswith(ending):
                found[word.removesuffix(ending) + other] = None
    if len(word) >= 5:
        found |= {word.removesuffix(ending): None for ending in _GERMAN_ENDINGS if word.endswith(ending)}
    return found
