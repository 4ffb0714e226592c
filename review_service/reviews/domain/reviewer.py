"""The public form of a customer's name, without the family name in any script."""

from __future__ import annotations

import unicodedata

import regex

#: Shown for a customer without a name, and for a deleted account.
NAMELESS = "Customer"
FORMER = "Former customer"
LONGEST = 40

#: A grapheme cluster: a letter with its marks.
_LETTER = regex.compile(r"\X")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’\-\u200c\u200d]*")
#: Scripts of languages with the family name first, often without a space.
_EASTERN = regex.compile(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}ー々]+")
#: Dots between the parts of a foreign name in Chinese or Japanese, which keep their order.
_DOTS = "・·•‧･"
_HIDDEN = regex.compile(r"[\p{Cf}--[\u200c\u200d]]", regex.V1)
_GAPS = regex.compile(rf"[\s._{_DOTS}]+")
#: Family names, recognized in any position.
_EASTERN_FAMILIES = frozenset(
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱林何郭马馬罗羅梁宋郑鄭谢謝김이박최정강조윤장임한오서신권황안송류홍"
)
_VIETNAMESE_FAMILIES = frozenset(
    ("nguyễn", "trần", "lê", "phạm", "huỳnh", "hoàng", "võ", "vũ", "đặng", "bùi", "đỗ", "hồ", "ngô", "dương", "lý")
)


def public_name(name: str) -> str:
    """Return the given name and the initial of the family name: "Amira K." for "Amira Khalil".

    Addresses and numbers are left out. A Chinese, Japanese or Korean name is shown without its family name: "小龙" for
    "李 小龙"; without a space, only the last character is shown.
    """
    plain = _HIDDEN.sub("", unicodedata.normalize("NFC", name)).strip()
    if "@" in plain:
        return NAMELESS
    parts = _in_western_order(plain)
    words = [word for word in parts if _WORD.fullmatch(word)]
    # The only word among other parts may be the family name.
    if not words or (len(words) == 1 < len(parts) and words[0] == parts[-1]):
        return NAMELESS
    western = [word for word in words if not _EASTERN.fullmatch(word)]
    if not western and not any(dot in plain for dot in _DOTS):
        return _eastern(words)
    given, family = (western or words)[0], words[-1]
    shown = "".join(_LETTER.findall(given)[:LONGEST])
    if len(words) == 1 or len(western) < len(words):
        return shown
    return f"{shown} {_LETTER.findall(family)[0].upper()}."


def _in_western_order(name: str) -> list[str]:
    """Return the parts of a name, the given name first, also for "Khalil, Amira" and "KHALIL Amira"."""
    family, comma, given = name.partition(",")
    parts = [part for part in _GAPS.split(f"{given} {family}" if comma and given.strip() else name) if part]
    if len(parts) < 2 or comma:
        return parts
    first, last = parts[0], parts[-1]
    shouted = len(first) > 1 and first.isupper() and not last.isupper() and last.upper() != last
    if shouted or first.casefold() in _VIETNAMESE_FAMILIES:
        return [last, first]
    return parts


def _eastern(words: list[str]) -> str:
    """Return the given name: the part after the family name, or the last character."""
    if len(words) > 1:
        return NAMELESS if words[-1] in _EASTERN_FAMILIES else words[-1][:LONGEST]
    signs = _LETTER.findall(words[0])
    return signs[-1] if len(signs) > 1 else NAMELESS
