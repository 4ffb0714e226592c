"""The signing keys of the shipping service, fetched and cached: the only calls that this service makes."""

from __future__ import annotations

from functools import cache

import jwt
from django.conf import settings

from chassis.jwt import QUOTE, InvalidToken, KeySet, verify
from orders.domain.quotes import Quote, QuoteInvalid, QuotesCannotBeChecked, quote_of_claims

ISSUER = "souk-shipping"
AUDIENCE = "souk-orders"


@cache
def _keys(url: str) -> KeySet:
    return KeySet(url)


def prefetch_signing_key(token: object) -> None:
    """Fetch the key that the quote names, so that it is cached. Call this outside any transaction."""
    try:
        kid = jwt.get_unverified_header(str(token)).get("kid")
        _keys(settings.SHIPPING_JWKS_URL).key(str(kid))
    except (jwt.PyJWTError, InvalidToken, ValueError):
        return  # `verified_quote` says what is wrong


def verified_quote(token: str) -> Quote:
    """Return the quote that shipping signed, if it is still valid. Raises QuoteInvalid, QuotesCannotBeChecked."""
    keys = _keys(settings.SHIPPING_JWKS_URL)
    if keys.is_empty:
        raise QuotesCannotBeChecked
    try:
        claims = verify(token, keys=keys, token_type=QUOTE, issuer=ISSUER, audience=AUDIENCE)
    except InvalidToken as error:
        raise QuoteInvalid from error
    return quote_of_claims(claims)
