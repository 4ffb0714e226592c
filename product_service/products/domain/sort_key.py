"""Sort keys for names: letters first, then accents, ignoring case.

A key consists of `0-9a-f`, so it sorts the same on every engine and collation, and by index. No maintained library
makes keys of the Unicode Collation Algorithm without a compiler (PyICU) or from recent data (pyuca).
"""

from __future__ import annotations

import unicodedata

from products.domain.catalog import folded

#: Bytes of the letters, and of the accents that distinguish names with the same letters.
_LETTERS, _REST = 90, 40
LONGEST_KEY = 2 * (_LETTERS + 1 + _REST)
#: Letters that Unicode does not decompose, and the base letters under which people look for them.
_BASES = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def sort_key(name: str) -> str:
    """Return the sort key of the name."""
    letters = " ".join("".join(_letter(sign) for sign in folded(name).translate(_BASES)).split())
    accents = unicodedata.normalize("NFD", name.casefold())
    return _hex(letters, _LETTERS) + "00" + _hex(accents, _REST)


def _letter(sign: str) -> str:
    """Return the character, or a space for punctuation."""
    return sign if unicodedata.category(sign)[0] in "LNM" else " "


def _hex(text: str, longest: int) -> str:
    return text.encode("utf-8", "replace")[:longest].hex()
