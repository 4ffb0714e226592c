"""PayPal's refusals, in its own words."""

from __future__ import annotations

import secrets
from typing import Any

#: The message of each error.
MESSAGES = {
    "INVALID_REQUEST": "Request is not well-formed, syntactically incorrect, or violates schema.",
    "AUTHENTICATION_FAILURE": (
        "Authentication failed due to missing authorization header, or invalid authentication credentials."
    ),
    "RESOURCE_NOT_FOUND": "The specified resource does not exist.",
    "UNPROCESSABLE_ENTITY": (
        "The requested action could not be performed, semantically incorrect, or failed business validation."
    ),
    "INTERNAL_SERVER_ERROR": "An internal server error occurred.",
    "SERVICE_UNAVAILABLE": "Service Unavailable.",
}
#: The description of each issue.
ISSUES = {
    "AUTHORIZATION_ALREADY_CAPTURED": "Authorization has previously been captured.",
    "AUTHORIZATION_EXPIRED": "An expired authorization cannot be captured.",
    "AUTHORIZATION_VOIDED": "A voided authorization cannot be captured or reauthorized. ",
    "AUTH_CAPTURE_CURRENCY_MISMATCH": "Currency of capture must be the same as currency of authorization.",
    "CANNOT_BE_ZERO_OR_NEGATIVE": (
        "Must be greater than zero. If the currency supports decimals, only two decimal place precision is supported."
    ),
    "DECIMALS_NOT_SUPPORTED": (
        "Currency does not support decimals. Please refer to"
        " https://developer.paypal.com/docs/api/reference/currency-codes/ for more information."
    ),
    "DECIMAL_PRECISION": "If the currency supports decimals, only two decimal place precision is supported.",
    "INVALID_RESOURCE_ID": "Specified resource ID does not exist. Please check the resource ID and try again.",
    "MALFORMED_REQUEST_JSON": "The request JSON is not well formed.",
    "MAX_CAPTURE_AMOUNT_EXCEEDED": (
        "Capture amount exceeds allowable limit. Please contact customer service or your account manager to request the"
        " change to your overage limit. The default overage limit is 115%, which allows the sum of all captures to be"
        " up to 115% of the order amount. The ability to over capture is subjected to regulatory approvals."
    ),
    "MISSING_REQUIRED_PARAMETER": "A required parameter is missing.",
    "ORDER_ALREADY_AUTHORIZED": (
        "Order already authorized.If 'intent=AUTHORIZE' only one authorization per order is allowed."
    ),
    "ORDER_NOT_APPROVED": (
        "Payer has not yet approved the Order for payment. Please redirect the payer to the 'rel':'approve' url"
        " returned as part of the HATEOAS links within the Create Order call."
    ),
    "PAYER_CANNOT_PAY": (
        "Payer cannot pay for this transaction. Please contact the payer to find other ways to pay for this"
        " transaction."
    ),
    "PREVIOUSLY_CAPTURED": "Authorization has been previously captured and hence cannot be voided.",
    "PREVIOUSLY_VOIDED": "Authorization has been previously voided and hence cannot be voided again.",
    "REAUTHORIZATION_NOT_SUPPORTED": (
        "A reauthorize cannot be attempted on an authorization_id that is the result of a prior reauthorization or on"
        " an authorization made on an Order saved using the `v2/orders/id/save` API."
    ),
    "REFUND_AMOUNT_EXCEEDED": (
        "The refund amount must be less than or equal to the capture amount that has not yet been refunded."
    ),
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "Refund must be in the same currency as the capture",
    "TRANSACTION_REFUSED": "The request was refused.",
    "UNSUPPORTED_INTENT": (
        "`intent=AUTHORIZE` is not supported for multiple purchase units. Only `intent=CAPTURE` is supported."
    ),
}


class Refusal(Exception):
    """PayPal refuses, with a status, the name of the error and its issue."""

    def __init__(self, status: int, name: str, issue: str = "", text: str = "") -> None:
        super().__init__(issue or name)
        self.status, self.name, self.issue, self.text = status, name, issue, text

    def body(self) -> dict[str, Any]:
        shown = {"name": self.name, "message": MESSAGES[self.name], "debug_id": secrets.token_hex(6), "links": []}
        if not self.issue:
            return shown
        return {**shown, "details": [{"issue": self.issue, "description": self.text or ISSUES[self.issue]}]}


def unprocessable(issue: str, text: str = "") -> Refusal:
    return Refusal(422, "UNPROCESSABLE_ENTITY", issue, text)
