"""Slugs, SKUs and addresses on the web."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chassis.values.errors import InvalidValue

LONGEST_SLUG = 80
LONGEST_SKU = 40
LONGEST_URL = 300
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SKU = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_URL_CHARACTERS = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")


def is_slug(text: str) -> bool:
    """Tell whether the text can be a part of an address: lower-case letters and digits, joined by single hyphens."""
    return bool(_SLUG.fullmatch(text)) and len(text) <= LONGEST_SLUG


def slug(text: str) -> str:
    """Return the slug itself."""
    if not is_slug(text):
        raise InvalidValue("Use lower-case letters a to z and digits, joined by hyphens: oak-table-2.", "invalid_slug")
    return text


def sku(text: str) -> str:
    """Return a stock-keeping unit: capital letters A to Z, digits and hyphens."""
    if not _SKU.fullmatch(text) or not 2 <= len(text) <= LONGEST_SKU:
        raise InvalidValue(f"A SKU has 2 to {LONGEST_SKU} of A-Z, 0-9 and hyphen: OAK-TABLE-2.", "invalid_sku")
    return text


def picture_url(text: str) -> str:
    """Return the address of a picture: `https://...` or a path below `/media/`; "" for blank."""
    text = text.strip()
    if not text:
        return ""
    if not _URL_CHARACTERS.fullmatch(text) or len(text) > LONGEST_URL:
        raise _no_picture()
    try:
        parts = urlsplit(text)
        is_web = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        raise _no_picture() from None
    is_ours = not parts.scheme and not parts.netloc and text.startswith("/media/") and ".." not in text.split("/")
    if not is_web and not is_ours:
        raise _no_picture()
    return text


def _no_picture() -> InvalidValue:
    return InvalidValue("Write https://... or /media/...; other addresses show no picture.", "invalid_url")
