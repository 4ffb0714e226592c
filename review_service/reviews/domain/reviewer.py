"""How a customer's name is shown to the public."""

from __future__ import annotations

import re

#: For a customer without a name, and for one whose account is gone.
NAMELESS = "Customer"
FORMER = "Former customer"
LONGEST = 40

_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def public_name(name: str) -> str:
    """First name and initial: "Amira K." of "Amira Khalil". Never an e-mail address or a number."""
    words = [] if "@" in name else [word for word in name.split() if _WORD.fullmatch(word.rstrip("."))]
    if not words:
        return NAMELESS
    first = words[0].rstrip(".")[:LONGEST]
    return first if len(words) == 1 else f"{first} {words[-1][0].upper()}."
