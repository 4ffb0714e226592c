"""PayPal's API by the official SDK, and by `httpx` for what the SDK lacks. Needs the extra `paypal`.

Both use one access token and the same time limits. The SDK's own retries are off: `payments.work` alone decides
whether a request is sent again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import requests
from paypalserversdk.configuration import Configuration, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.o_auth_token import OAuthToken
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from payments.providers.connections import never_connected
from payments.providers.port import NotThere, RequestNotProcessed, RequestOutcomeUnknown, RequestRejected

Document = dict[str, Any]
Call = Callable[[PaypalServersdkClient], Any]

#: Seconds before its end at which an access token is no longer used.
_SPARE = 60
#: Our key is not accepted, or there were too many requests: nothing was done.
_NOT_PROCESSED = {401, 403, 429}
#: The work was done already, by an earlier request whose answer may have been lost.
_DONE_BEFORE = {"ORDER_ALREADY_AUTHORIZED"}
#: The customer can do something about these.
_DECLINED = {"INSTRUMENT_DECLINED", "PAYER_CANNOT_PAY"}
_PAYMENT_DECLINED = "PayPal could not take the money from your account. Please choose another way to pay."
_PAYMENT_REJECTED = "The payment could not be made in this way."


class PayPalClient:
    def __init__(self, *, client_id: str, secret: str, base: str, timeout: float) -> None:
        self._credentials, self._base = (client_id, secret), base.rstrip("/")
        self._limits = (min(timeout, 2.0), timeout)
        self._http = httpx.Client(
            base_url=self._base, timeout=httpx.Timeout(timeout, connect=self._limits[0]), trust_env=False
        )
        self._lock = threading.Lock()
        self._token: OAuthToken | None = None
        self._sdk: PaypalServersdkClient | None = None

    def change(self, call: Call) -> Document:
        """Make a changing call; return the answer, empty if PayPal sends none.

        Raises RequestRejected, RequestNotProcessed, RequestOutcomeUnknown.
        """
        try:
            return _document(call(self._client()).text)
        except ApiException as error:
            raise self._translated(error) from None
        except requests.RequestException as error:
            kind = RequestNotProcessed if never_connected(error) else RequestOutcomeUnknown
            raise kind(type(error).__name__) from None

    def read(self, call: Call) -> Document:
        """Make a reading call. Raises RequestNotProcessed; NotThere if PayPal has no such object."""
        try:
            return _document(call(self._client()).text)
        except ApiException as error:
            if error.response_code == 404:
                raise NotThere("PayPal has no such object") from None
            raise RequestNotProcessed(str(self._translated(error))) from None
        except requests.RequestException as error:
            raise RequestNotProcessed(type(error).__name__) from None

    def get(self, path: str, **query: str) -> Document:
        """Read what the SDK does not know. Raises RequestNotProcessed."""
        headers = {"Authorization": f"Bearer {self._access_token().access_token}"}
        try:
            answer = self._http.get(path, params=query, headers=headers)
        except httpx.HTTPError as error:
            raise RequestNotProcessed(repr(error)) from error
        if answer.status_code == 401:
            self._forget_token()
        if answer.is_error:
            raise RequestNotProcessed(f"{answer.status_code} {path}")
        return _document(answer.text)

    def _client(self) -> PaypalServersdkClient:
        with self._lock:
            if self._sdk is None:
                self._sdk = _sdk_client(self._base, self._credentials, self._limits, self._access_token)
            return self._sdk

    def _access_token(self, *_: Any) -> OAuthToken:
        """Return the token, a new one shortly before its end. Raises RequestNotProcessed."""
        token = self._token
        if token is None or token.expiry < time.time() + _SPARE:
            token = self._token = self._new_token()
        return token

    def _new_token(self) -> OAuthToken:
        try:
            answer = self._http.post(
                "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=self._credentials
            )
            given = answer.raise_for_status().json()
            expiry = int(time.time()) + int(given["expires_in"])
            kind = str(given["token_type"])
            return OAuthToken(access_token=str(given["access_token"]), token_type=kind, expiry=expiry)
        except httpx.HTTPStatusError as error:
            raise RequestNotProcessed(f"no access token: {error.response.status_code}") from None
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise RequestNotProcessed(f"no access token: {type(error).__name__}") from None

    def _forget_token(self) -> None:
        """Take a new token for the next request: this one was revoked. The SDK keeps its own copy of it."""
        with self._lock:
            self._token = self._sdk = None

    def _translated(self, error: ApiException) -> Exception:
        status, (name, issue) = error.response_code, _reason(error)
        said = f"{status} {name} {issue}".strip()
        if status == 401:
            self._forget_token()
        if status in _NOT_PROCESSED:
            return RequestNotProcessed(said)
        if status >= 500 or status == 409 or issue in _DONE_BEFORE:
            return RequestOutcomeUnknown(said)
        text = _PAYMENT_DECLINED if issue in _DECLINED else _PAYMENT_REJECTED
        return RequestRejected((issue or name or str(status)).lower(), text)


class _Configuration(Configuration):
    """The SDK's configuration, with an address of ours."""

    def __init__(self, base: str, **given: Any) -> None:
        self._base = base
        super().__init__(**given)

    def get_base_uri(self, server: Any = Server.DEFAULT) -> str:
        return self._base


def _sdk_client(
    base: str, credentials: tuple[str, str], limits: tuple[float, float], token: Callable[..., OAuthToken]
) -> PaypalServersdkClient:
    given = ClientCredentialsAuthCredentials(*credentials, o_auth_token_provider=token, o_auth_clock_skew=_SPARE)
    configuration = _Configuration(
        base, timeout=limits, max_retries=0, retry_methods=[], client_credentials_auth_credentials=given
    )
    return PaypalServersdkClient(config=configuration)


def _document(text: str) -> Document:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise RequestOutcomeUnknown("the answer is not JSON") from error
    if not isinstance(found, dict):
        raise RequestOutcomeUnknown("the answer is not an object")
    return found


def _reason(error: ApiException) -> tuple[str, str]:
    """Return the error's name and its first issue; texts of PayPal may contain data of the customer."""
    try:
        body = json.loads(error.response.text)
        details = body.get("details") or [{}]
        return str(body.get("name", "")), str(details[0].get("issue", ""))
    except (ValueError, AttributeError, TypeError, IndexError):
        return "", ""
