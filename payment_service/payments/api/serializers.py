"""Input and output shapes. Output is built from `values()` rows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chassis.http.api import StrictSerializer
from payments.domain.methods import Token, Way
from payments.domain.payment import PaymentStatus
from payments.domain.refund import RefundReason, RefundStatus

LARGEST_AMOUNT = 10**12


class MoneyShape(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units.")
    currency = serializers.CharField(help_text="ISO 4217.")


class MoneyInput(StrictSerializer):
    amount = serializers.IntegerField(min_value=1, max_value=LARGEST_AMOUNT)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z")


class PaymentOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    attempt = serializers.IntegerField(help_text="Which try to pay the order, from 1.")
    number = serializers.CharField(help_text="The order's number.")
    status = serializers.ChoiceField(choices=[status.value for status in PaymentStatus])
    amount = MoneyShape()
    captured = MoneyShape()
    refunded = MoneyShape()
    action_url = serializers.CharField(help_text="Where to confirm the payment; empty when there is nothing to do.")
    message = serializers.CharField(help_text="For the customer: why it was declined, or how to transfer the money.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RefundOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    payment_id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    amount = MoneyShape()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in RefundStatus])
    message = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RefundInput(StrictSerializer):
    payment_id = serializers.UUIDField()
    amount = MoneyInput()
    reason = serializers.CharField(max_length=200, help_text="The customer reads it.")
    reason_code = serializers.ChoiceField(
        choices=[code.value for code in RefundReason], required=False, default="", help_text="For the shop alone."
    )
    settles = serializers.UUIDField(
        required=False, default=None, help_text="The return, or the canceled order, that waits for this refund."
    )


class MethodsInput(StrictSerializer):
    """Query parameters."""

    order_id = serializers.UUIDField(
        required=False,
        default=None,
        help_text="Yours. Its currency counts; once it is paid or closed, the list is empty.",
    )
    country = serializers.RegexField(
        r"^[A-Z]{2}\Z", required=False, default="", help_text="Where the order goes, by ISO 3166."
    )
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", required=False, default="", help_text="ISO 4217.")


class MethodOutput(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="What `payment_method` of an order begins with.")
    title = serializers.CharField()
    token = serializers.ChoiceField(
        choices=[token.value for token in Token],
        help_text="Whether `payment_method` is `<name>:<token of a card or an account>` or the name alone.",
    )
    publishable_key = serializers.CharField(help_text="For the provider's form in the browser; empty without one.")


class MethodsOutput(serializers.Serializer[Any]):
    results = MethodOutput(many=True)


class ClientSecretOutput(serializers.Serializer[Any]):
    client_secret = serializers.CharField(help_text="For the payment form of the provider; keep it in the browser.")
    publishable_key = serializers.CharField(help_text="The shop's public key at the provider.")


class SavedMethodOutput(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Pay with `payment_method` `stripe:<id>`.")
    kind = serializers.CharField(help_text="`card`, or another kind that the provider knows.")
    brand = serializers.CharField()
    last4 = serializers.CharField()
    expires = serializers.CharField(help_text="Year and month of a card, as 2030-04; empty without.")


class SavedMethodsOutput(serializers.Serializer[Any]):
    results = SavedMethodOutput(many=True)


class ReceivedOutput(serializers.Serializer[Any]):
    received = serializers.BooleanField()


def method_body(way: Way, publishable_key: str) -> dict[str, Any]:
    return {"name": way.name, "title": way.title, "token": way.token, "publishable_key": publishable_key}


def payment_body(row: dict[str, Any]) -> dict[str, Any]:
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": row["currency"]}

    return {
        "id": row["id"],
        "order_id": row["order_id"],
        "attempt": row["attempt"],
        "number": row["number"],
        "status": row["status"],
        "amount": money(row["amount"]),
        "captured": money(row["captured_amount"]),
        "refunded": money(row["refunded_amount"]),
        "action_url": row["action_url"],
        "message": row["message"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def refund_body(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "payment_id": row["payment_id"],
        "order_id": row["payment__order_id"],
        "amount": {"amount": row["amount"], "currency": row["currency"]},
        "reason": row["reason"],
        "status": row["status"],
        "message": row["message"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
