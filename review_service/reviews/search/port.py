"""What every search engine here is asked and answers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import regex

#: Engines put these around what they found. Texts cannot hold them: `moderation.clean` takes them out.
BEGIN, END = "\ue000", "\ue001"

#: More words than this are not a search, but an attack on the engine.
MOST_WORDS = 12
_WORD = re.compile(r"\w+")
#: What a reader takes for one letter.
_LETTER = regex.compile(r"\X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    text: str
    product_id: UUID | None = None
    stars: int | None = None
    offset: int = 0
    limit: int = 20

    @property
    def words(self) -> list[str]:
        """Plain words only: no engine's operators get through."""
        return _WORD.findall(self.text)[:MOST_WORDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`title` and the passages of `text` that fit, with BEGIN and END around each word that was found.

    `version` is that of the review which the engine knows; None: the present one.
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
    """What an engine outside of our database knows of a review. `shown` False: it is to forget it."""

    review_id: UUID
    version: int
    shown: bool
    product_id: UUID | None = None
    stars: int = 0
    title: str = ""
    text: str = ""
    published_at: str | None = None


class SearchAway(Exception):
    """The engine does not answer, or has no index. The text is for logs."""


class DocumentsRefused(Exception):
    """The engine cannot take these documents as they are; it has taken all others."""

    def __init__(self, reasons: dict[UUID, str]) -> None:
        super().__init__(f"{len(reasons)} documents were refused")
        self.reasons = reasons


class ReviewIndex(Protocol):
    """An engine outside of our database. Each method raises SearchAway."""

    def search(self, asked: Asked) -> Hits: ...

    def write(self, documents: list[Document]) -> None:
        """Bring these up to date; a document that is known in a newer version stays. Raises DocumentsRefused."""

    def exists(self) -> bool:
        """Whether there is an index to write to."""

    def rebuild(self, documents: Iterable[list[Document]]) -> int:
        """Fill a new index and put it in the place of the old one; how many documents. Refused ones are left out."""


def shortened(text: str, longest: int) -> str:
    """The first letters of the text, each whole, with all its marks and joined signs."""
    return "".join(_LETTER.findall(text)[:longest]) if len(text) > longest else text


def as_html(marked: str) -> str:
    """Safe HTML, with `<mark>` around what was found: whole letters, wherever the engine saw the word begin or end."""
    return html.escape(_around_letters(marked)).replace(BEGIN, "<mark>").replace(END, "</mark>")


def _around_letters(marked: str) -> str:
    """The same with each BEGIN before the letter that it stands in, and each END behind."""
    begins, ends, place = set(), set(), 0
    for sign in marked:
        if sign == BEGIN:
            begins.add(place)
        elif sign == END:
            ends.add(place)
        else:
            place += 1
    found, inside, place = [], False, 0
    for letter in _LETTER.findall(marked.replace(BEGIN, "").replace(END, "")):
        after = place + len(letter)
        if not inside and any(place <= one < after for one in begins):
            found.append(BEGIN)
            inside = True
        found.append(letter)
        if inside and any(place < one <= after for one in ends):
            found.append(END)
            inside = False
        place = after
    return "".join(found) + (END if inside else "")
