"""The interface of a search engine, and the text of its hits."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import regex

from reviews.domain.search_words import words_of

#: Engines put these around the words found. Texts cannot contain them: `moderation.clean` removes them.
BEGIN, END = "\ue000", "\ue001"

#: A grapheme cluster: a letter with its marks.
_LETTER = regex.compile(r"\X")
_LONGEST_PASSAGE = 240
_MOST_PASSAGES = 2
#: A longer run of letters is no word, but a text without spaces.
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    text: str
    product_id: UUID | None = None
    stars: int | None = None
    offset: int = 0
    limit: int = 20

    @property
    def words(self) -> list[str]:
        """Return the plain words, without any operators."""
        return words_of(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`title` and the matching passages of `text`, with BEGIN and END around each word found.

    `version`: the version of the review that the engine knows; None for the current one.
    """

    review_id: UUID
    title: str
    text: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    hits: list[Hit]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A review as sent to an external engine. `shown` False: the engine deletes it."""

    review_id: UUID
    version: int
    shown: bool
    product_id: UUID | None = None
    stars: int = 0
    title: str = ""
    text: str = ""
    published_at: str | None = None


class SearchUnavailable(Exception):
    """The engine does not answer, or has no index. The text is for logs."""


class DocumentsRefused(Exception):
    """The engine refuses these documents; it has accepted all others."""

    def __init__(self, reasons: dict[UUID, str]) -> None:
        super().__init__(f"{len(reasons)} documents were refused")
        self.reasons = reasons


class ReviewIndex(Protocol):
    """An external engine. Each method raises SearchUnavailable."""

    def search(self, query: SearchQuery) -> Hits: ...

    def write(self, documents: list[Document]) -> None:
        """Write these documents, except where the engine has a newer version. Raises DocumentsRefused."""

    def exists(self) -> bool:
        """Return whether there is an index to write to."""

    def rebuild(self, documents: Iterable[list[Document]]) -> int:
        """Fill a new index, replace the old one, and return the number of documents. Refused ones are left out."""


def shortened(text: str, longest: int) -> str:
    """Return the first letters of the text, each with its marks and joined characters."""
    return "".join(_LETTER.findall(text)[:longest]) if len(text) > longest else text


def passages(marked: str) -> str:
    """Return the passages around the words found; they cut no letter, and no word where there are spaces."""
    letters = list(_letters(marked))
    if len(letters) <= _LONGEST_PASSAGE:
        return "".join(letters)
    if BEGIN not in letters:
        return "".join(letters[:_LONGEST_PASSAGE]) + "…"
    found, end = "", 0
    for _ in range(_MOST_PASSAGES):
        if BEGIN not in letters[end:]:
            break
        first = letters.index(BEGIN, end)
        start = _word_start(letters, max(first - _LONGEST_PASSAGE // 4, end), first)
        found += ("…" if start > end else "") + "".join(letters[start:first])
        end = _word_end(letters, first, min(start + _LONGEST_PASSAGE, len(letters)))
        found += "".join(letters[first:end])
    return found + ("…" if end < len(letters) else "")


def as_html(marked: str) -> str:
    """Return safe HTML with `<mark>` around the words found; a mark never splits a letter."""
    return html.escape("".join(_letters(marked))).replace(BEGIN, "<mark>").replace(END, "</mark>")


def _letters(marked: str) -> Iterator[str]:
    """Yield the letters of the text, and each BEGIN before and each END after the letter that it is in."""
    begins, ends, place = set(), set(), 0
    for sign in marked:
        if sign == BEGIN:
            begins.add(place)
        elif sign == END:
            ends.add(place)
        else:
            place += 1
    inside, place = False, 0
    for letter in _LETTER.findall(marked.replace(BEGIN, "").replace(END, "")):
        after = place + len(letter)
        if not inside and not begins.isdisjoint(range(place, after)):
            yield BEGIN
            inside = True
        yield letter
        if inside and not ends.isdisjoint(range(place + 1, after + 1)):
            yield END
            inside = False
        place = after
    if inside:
        yield END


def _word_start(letters: list[str], start: int, first: int) -> int:
    """Return where the first whole word begins from `start` on, or `start` in a text without spaces."""
    if start == 0 or letters[start - 1].isspace():
        return start
    return next(
        (place + 1 for place in range(start, min(first, start + _LONGEST_WORD)) if letters[place].isspace()), start
    )


def _word_end(letters: list[str], first: int, end: int) -> int:
    """Return where the last whole word ends up to `end`, or `end` in a text without spaces."""
    if end == len(letters) or letters[end].isspace():
        return end
    return next(
        (place for place in range(end - 1, max(first, end - _LONGEST_WORD), -1) if letters[place].isspace()), end
    )
