"""Moderation rules for texts. Pure.

A text with fewer than HOLD points is published at once; any other waits for staff.
Rules never reject a text; only staff do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

#: A text with this many points waits for staff.
HOLD = 50


class Finding(StrEnum):
    LINK = "link"
    CONTACT = "contact"  # an e-mail address or a telephone number
    BLOCKED_WORD = "blocked_word"
    SHOUTING = "shouting"
    NOISE = "noise"  # one character repeated


POINTS: Mapping[Finding, int] = {
    Finding.LINK: 50,
    Finding.CONTACT: 50,
    Finding.BLOCKED_WORD: 100,
    Finding.SHOUTING: 30,
    Finding.NOISE: 30,
}

#: A short list on purpose: a long one delays honest authors and stops nobody else. Whole words, folded.
BLOCKED_WORDS = frozenset(
    {
        *("asshole", "arschloch", "bastard", "bitch", "cunt", "fick", "fuck", "fucking", "hurensohn"),
        *("nazi", "scheisse", "shit", "slut", "whore", "wichser"),
        *("bitcoin", "casino", "viagra"),
    }
)

_LINK = re.compile(r"(?:https?://|www\.)|\b[a-z0-9-]{2,40}\.(?:com|net|org|info|biz|shop|online|ru|de|io|me)\b")
_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|\s?[\[(](?:at|@)[\])]\s?)[\w-]{2,63}")
#: Nine digits or more: eight may be a date.
_PHONE = re.compile(r"(?<![\d.,])\+?\d(?:[\s()/-]{0,2}\d){8,14}(?!\d|[.,]\d)")
#: Ten characters after the word ISBN; without it they may be a telephone number.
_ISBN_10 = re.compile(r".{0,12}?\bisbn\W{0,3}((?:\d[ -]?){9}[\dx])\b", re.DOTALL)
_NOISE = re.compile(r"([^\s.\-_=*])\1{7}")
_WORD = re.compile(r"[a-z]+")
#: Digits and signs used as letters to disguise a blocked word.
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "@": "a", "!": "i"})
_BLANK_LINES = re.compile(r"\n{3,}")
#: Joiners combine emoji, and are part of words in Persian and Hindi.
_KEPT = frozenset("\n\u200c\u200d")
#: A text with fewer letters than this cannot shout.
_SHOUT_LETTERS = 20


@dataclass(frozen=True, slots=True)
class Assessment:
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        return sum(POINTS[finding] for finding in self.findings)

    @property
    def held(self) -> bool:
        return self.score >= HOLD


def assess(title: str, text: str) -> Assessment:
    """Return what the rules find in title and text."""
    whole = f"{title}\n{text}"
    return Assessment(tuple(finding for finding, found in _RULES.items() if found(whole)))


def clean(text: str) -> str:
    """Return the text as stored: composed, without control, private-use and direction-changing characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (sign for sign in unicodedata.normalize("NFC", lines) if sign in _KEPT or not _is_hidden(sign))
    return _BLANK_LINES.sub("\n\n", "".join(kept)).strip()


def folded(text: str) -> str:
    """Return the text in lower case, without accents, compatibility forms (full-width ...) and hidden characters."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in apart if sign == "\n" or not (unicodedata.combining(sign) or _is_hidden(sign)))


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cf", "Co"}


def _has_link(text: str) -> bool:
    return bool(_LINK.search(folded(text)))


def _has_contact(text: str) -> bool:
    plain = folded(text)
    return bool(_EMAIL.search(plain) or any(not _is_article(found) for found in _PHONE.finditer(plain)))


def _is_article(found: re.Match[str]) -> bool:
    """Return whether the digits are an ISBN-10, ISBN-13 or EAN, by their check digit."""
    if found[0].startswith(("+", "00")):
        return False
    digits = re.sub(r"\D", "", found[0])
    if len(digits) == 13:
        return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0
    number = _ISBN_10.match(found.string, max(found.start() - 12, 0))
    if number is None or number.start(1) != found.start():
        return False
    signs = re.sub(r"[^0-9x]", "", number[1])
    return sum((10 - place) * (10 if sign == "x" else int(sign)) for place, sign in enumerate(signs)) % 11 == 0


def _has_blocked_word(text: str) -> bool:
    plain = folded(text)
    words = set(_WORD.findall(plain)) | set(_WORD.findall(plain.translate(_LOOK_ALIKES)))
    return not words.isdisjoint(BLOCKED_WORDS)


def _shouts(text: str) -> bool:
    letters = [sign for sign in text if sign.isalpha()]
    return len(letters) >= _SHOUT_LETTERS and sum(map(str.isupper, letters)) * 10 >= len(letters) * 7


def _is_noise(text: str) -> bool:
    return bool(_NOISE.search(text))


_RULES: Mapping[Finding, Callable[[str], bool]] = {
    Finding.LINK: _has_link,
    Finding.CONTACT: _has_contact,
    Finding.BLOCKED_WORD: _has_blocked_word,
    Finding.SHOUTING: _shouts,
    Finding.NOISE: _is_noise,
}
