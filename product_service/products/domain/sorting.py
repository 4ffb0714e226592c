"""In which order people look for names: letters first, then accents, whatever the case; not bytes.

A key is text of `0-9a-f`, so it sorts alike on every engine, under every collation, and by index. No maintained
library makes keys of the Unicode Collation Algorithm without a compiler (PyICU) or from data of this decade (pyuca).
"""

from __future__ import annotations

import unicodedata

from products.domain.catalogue import folded

#: Bytes of the letters, and of what tells names of the same letters apart.
_LETTERS, _REST = 90, 40
LONGEST_KEY = 2 * (_LETTERS + 1 + _REST)
#: Letters that Unicode does not take apart, although people look for them there.
_BASES = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def sort_key(name: str) -> str:
    """What to order this name by."""
    letters = " ".join("".join(_letter(sign) for sign in folded(name).translate(_BASES)).split())
    accents = unicodedata.normalize("NFD", name.casefold())
    return _hex(letters, _LETTERS) + "00" + _hex(accents, _REST)


def _letter(sign: str) -> str:
    """Punctuation only parts words."""
    return sign if unicodedata.category(sign)[0] in "LNM" else " "


def _hex(text: str, longest: int) -> str:
    return text.encode("utf-8", "replace")[:longest].hex()
