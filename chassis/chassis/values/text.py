"""Names of people and lines of text, in every script."""

from __future__ import annotations

import re
import unicodedata

from chassis.values.errors import InvalidValue

_SPACES = re.compile(r"\s+")
#: Join and separate letters in Persian, Hindi and other scripts; all other format characters only hide things.
_CODE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
#: What no rule gives.
_SPELLED = {word.lower(): word for word in ("FedEx", "PostNL", "USPS")}
_JOINERS = "\u200c\u200d"


def line(text: str) -> str:
    """Return one line of text: NFC, single spaces. It needs a letter or a digit and no hidden characters."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if any(_is_hidden(character) for character in plain):
        raise InvalidValue("This text contains characters that cannot be seen. Type it anew.", "hidden_characters")
    if not any(unicodedata.category(character)[0] in "LN" for character in plain):
        raise InvalidValue("This text needs at least one letter or digit.", "no_letters")
    return plain


def name(text: str) -> str:
    """Return the name of a person or company: a line with at least one letter."""
    plain = line(text)
    if not any(unicodedata.category(character)[0] == "L" for character in plain):
        raise InvalidValue("A name needs at least one letter.", "no_letters")
    return plain


def spelled(code: str) -> str:
    """Return a code as people write the name behind it: North Star for north-star, DHL for dhl; all else as it is."""
    if not _CODE.fullmatch(code):
        return code
    return " ".join(_spelled(word) for word in re.split("[-_]", code))


def _spelled(word: str) -> str:
    return _SPELLED.get(word) or (word.upper() if len(word) <= 3 else word.capitalize())


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} and character not in _JOINERS
