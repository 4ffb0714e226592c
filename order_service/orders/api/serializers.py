"""The input and output shapes. Inputs limit every value; outputs describe the documents that `queries` builds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chassis.choices import choices
from chassis.core.money import Money
from chassis.fields import PostalAddressInput, SkuField
from chassis.http.api import StrictSerializer
from orders.domain.pricing import MAX_LINES, MAX_QUANTITY
from orders.domain.return_states import ReturnStatus
from orders.domain.states import CustomerStatus, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.events_out import Address, Item

CUSTOMER_STATUS = choices(CustomerStatus)
ORDER_STATUS = choices(OrderStatus)
PAYMENT_STATUS = choices(PaymentStatus)
FULFILLMENT_STATUS = choices(FulfillmentStatus)
RETURN_STATUS = choices(ReturnStatus)

# In


class QuantityField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_QUANTITY, **kwargs)


class ItemInput(StrictSerializer):
    sku = SkuField()
    quantity = QuantityField()

    def to_internal_value(self, data: Any) -> Item:
        return Item(**super().to_internal_value(data))


class QuantityInput(StrictSerializer):
    quantity = QuantityField()


class CartInput(StrictSerializer):
    lines = serializers.ListField(child=ItemInput(), max_length=MAX_LINES)


class AddressInput(PostalAddressInput):
    def validate(self, attrs: dict[str, Any]) -> Any:
        return Address(**{"line2": "", "region": "", "phone": "", **super().validate(attrs)})


class MoneyInput(StrictSerializer):
    amount = serializers.IntegerField(min_value=0, max_value=10**12)
    currency = serializers.RegexField(r"^[A-Z]{3}$")

    def to_internal_value(self, data: Any) -> Money:
        return Money(**super().to_internal_value(data))


class PaymentMethodField(serializers.RegexField):
    """A provider, its token, or `<provider>:<token>`, as `/api/v1/payment-methods/` says; never a card number."""

    default_error_messages = {"invalid": "Send the payment provider's token, never a card number."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^(?!(?:\d[_.:-]?){12,19}$)[A-Za-z0-9_.:-]{1,100}$", **kwargs)


class PlaceOrderInput(StrictSerializer):
    lines = serializers.ListField(
        child=ItemInput(), max_length=MAX_LINES, required=False, help_text="Without: the cart."
    )
    shipping_quote = serializers.CharField(max_length=16_384, help_text="As shipping has signed it.")
    shipping_address = AddressInput()
    payment_method = PaymentMethodField()
    expected_subtotal = MoneyInput(help_text="What the customer agreed to; 409 when prices have changed.")


class CancelInput(StrictSerializer):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class PayInput(StrictSerializer):
    payment_method = PaymentMethodField()


class ReturnInput(StrictSerializer):
    order_id = serializers.UUIDField()
    lines = serializers.ListField(child=ItemInput(), min_length=1, max_length=MAX_LINES)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


# Out


class Document(serializers.Serializer[Any]):
    """Describes a document of `queries`; it renders nothing."""


class MoneyOutput(Document):
    amount = serializers.IntegerField(help_text="Minor units (cents).")
    currency = serializers.CharField(help_text="ISO 4217")


class CartLineOutput(Document):
    sku = serializers.CharField()
    product_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    slug = serializers.CharField()
    image_url = serializers.CharField()
    quantity = serializers.IntegerField()
    available = serializers.BooleanField(help_text="False: not sold any more, not counted.")
    unit_price = MoneyOutput(allow_null=True)
    price_when_added = MoneyOutput()
    price_changed = serializers.BooleanField()
    line_total = MoneyOutput(allow_null=True)


class CartOutput(Document):
    lines = CartLineOutput(many=True)
    units = serializers.IntegerField()
    subtotal = MoneyOutput()
    price_changed = serializers.BooleanField()


class LineOutput(Document):
    product_id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyOutput()
    line_total = MoneyOutput()


class AddressOutput(Document):
    name = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postal_code = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField()


class OrderPaymentOutput(Document):
    status = serializers.ChoiceField(choices=PAYMENT_STATUS)
    action_url = serializers.CharField(required=False, help_text="Where the customer confirms the payment.")
    pay_until = serializers.DateTimeField(required=False)
    message = serializers.CharField(required=False)


class TrackingOutput(Document):
    carrier = serializers.CharField(help_text="Its code.")
    carrier_name = serializers.CharField(help_text="As people write it.")
    number = serializers.CharField()
    url = serializers.CharField()


class ShortageOutput(Document):
    sku = serializers.CharField()
    requested = serializers.IntegerField()
    available = serializers.IntegerField()


class OrderOutput(Document):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=CUSTOMER_STATUS, help_text="One word for the customer.")
    order_status = serializers.ChoiceField(choices=ORDER_STATUS)
    payment_status = serializers.ChoiceField(choices=PAYMENT_STATUS)
    fulfillment_status = serializers.ChoiceField(choices=FULFILLMENT_STATUS)
    lines = LineOutput(many=True)
    subtotal = MoneyOutput()
    shipping = MoneyOutput()
    tax = MoneyOutput(help_text="The part of the total that is VAT.")
    total = MoneyOutput()
    refunded = MoneyOutput()
    address = AddressOutput()
    payment = OrderPaymentOutput()
    tracking = TrackingOutput(allow_null=True)
    shortages = ShortageOutput(many=True, help_text="What was missing, when the order was canceled for that.")
    cancel_reason = serializers.CharField()
    message = serializers.CharField(help_text="The latest message for the customer.")
    placed_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TimelineOutput(Document):
    sequence = serializers.IntegerField()
    at = serializers.DateTimeField()
    step = serializers.CharField()
    message = serializers.CharField()


class ReturnLineOutput(Document):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


class ReturnOutput(Document):
    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=RETURN_STATUS)
    lines = ReturnLineOutput(many=True)
    refund = MoneyOutput()
    reason = serializers.CharField()
    label_url = serializers.CharField()
    tracking_number = serializers.CharField()
    message = serializers.CharField()
    requested_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
