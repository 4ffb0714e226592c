"""Customers who repeat each request, unchanged and with the same key, until it is answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
from run.shopper import Refused, Shopper, until

#: Seconds.
PATIENCE = 240.0
#: Outages, timeouts, rate limits; 401: the token has expired meanwhile.
_AGAIN = {401, 429, 502, 503, 504}


def place(shopper: Shopper, sku: str, quantity: int = 1, *, card: str = "card_ok") -> str:
    """Place one order; return its id."""
    key = uuid4().hex
    checkout = asked(shopper, lambda: shopper.checkout((sku, quantity), card=card))
    return str(asked(shopper, lambda: shopper.place(checkout, key=key))["id"])


def asked(shopper: Shopper, ask: Callable[[], Any]) -> Any:
    """Repeat a call until it is answered."""

    def answered() -> tuple[Any] | None:
        try:
            return (ask(),)
        except httpx.TransportError:
            return None
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _AGAIN:
                raise
        except Refused as error:
            if error.status not in _AGAIN and error.code != "request_still_running":
                raise
            if error.status == 401:
                _sign_in_again(shopper)
        return None

    (answer,) = until(answered, seconds=PATIENCE, what="an answer")
    return answer


def _sign_in_again(shopper: Shopper) -> None:
    with suppress(httpx.TransportError, Refused):
        shopper.log_in()
