"""The keys of the shipping service: the only thing that this service ever fetches, and keeps."""

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


def learn_key_of(token: object) -> None:
    """Have the key at hand with which the quote seems to be signed. Call it outside of any transaction."""
    try:
        kid = jwt.get_unverified_header(str(token)).get("kid")
        _keys(settings.SHIPPING_JWKS_URL).key(str(kid))
    except (jwt.PyJWTError, InvalidToken, ValueError):
        return  # `verified_quote` says what is wrong


def verified_quote(token: str) -> Quote:
    """The quote that shipping signed, if it still holds. Raises QuoteInvalid, QuotesCannotBeChecked."""
    keys = _keys(settings.SHIPPING_JWKS_URL)
    if keys.is_empty:
        raise QuotesCannotBeChecked
    try:
        claims = verify(token, keys=keys, token_type=QUOTE, issuer=ISSUER, audience=AUDIENCE)
    except InvalidToken as error:
        raise QuoteInvalid from error
    return quote_of_claims(claims)
