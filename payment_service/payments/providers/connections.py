"""What an error of the library `requests`, which the SDKs use, says about the request."""

from __future__ import annotations

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


def never_connected(error: BaseException | None) -> bool:
    """Return whether there was no connection at all, so that nothing can have been done."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error and error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
