"""Tables, constraints, indexes. The rules are in `domain/`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from chassis.choices import choices
from orders.domain.pricing import MAX_QUANTITY
from orders.domain.return_states import ReturnStatus
from orders.domain.states import CustomerStatus, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind


class CatalogProduct(models.Model):
    """The version of a product in the local copy of the catalog."""

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.BigIntegerField()
    slug = models.CharField(max_length=200)
    name = models.CharField(max_length=250)
    active = models.BooleanField()

    def __str__(self) -> str:
        return self.name


class CatalogVariant(models.Model):
    """A variant and its price in the local copy of the catalog."""

    sku = models.CharField(primary_key=True, max_length=64, editable=False)
    product_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=300)
    slug = models.CharField(max_length=200)
    image_url = models.CharField(max_length=500, blank=True)
    price_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    active = models.BooleanField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(price_amount__gte=0), name="variant_price_not_negative")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class Cart(models.Model):
    """One row for each customer, locked to change the cart or to count the customer's unpaid orders."""

    customer_id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.customer_id)


class CartLine(models.Model):
    """One SKU in a customer's cart; `Cart` is the lock on all of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_id = models.UUIDField()
    sku = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    price_amount = models.BigIntegerField(help_text="When it was put in.")
    currency = models.CharField(max_length=3)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "sku"], name="cart_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_line_quantity"),
        ]
        indexes = [models.Index(fields=["added_at"], name="cart_line_age")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class Order(models.Model):
    """The columns of `domain.order.Order`, which `repository` converts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=20, unique=True)
    customer_id = models.UUIDField()
    correlation_id = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    subtotal_amount = models.BigIntegerField()
    shipping_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField(help_text="The part of the total that is VAT.")
    total_amount = models.BigIntegerField()
    refunded_amount = models.BigIntegerField(default=0)
    units = models.PositiveIntegerField()
    lines = models.JSONField(help_text="What was bought, at the price of the day; it never changes, so it lives here.")
    address = models.JSONField()
    from_cart = models.BooleanField(default=False)
    quote_id = models.UUIDField()
    carrier = models.CharField(max_length=50)
    service = models.CharField(max_length=50)
    placed_at = models.DateTimeField()

    status = models.CharField("order", max_length=20, choices=choices(OrderStatus))
    payment = models.CharField(max_length=20, choices=choices(PaymentStatus))
    fulfillment = models.CharField(max_length=20, choices=choices(FulfillmentStatus))
    customer_status = models.CharField("customer sees", max_length=20, choices=choices(CustomerStatus))
    known = models.JSONField("known facts", default=list)

    waiting_step = models.CharField(max_length=20, blank=True)
    waiting_undo = models.BooleanField(default=False)
    waiting_since = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveIntegerField(default=0)
    ask_again_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    payment_method = models.CharField(
        max_length=100, blank=True, help_text="The provider's token, never a card number; empty once it is decided."
    )
    attempt = models.PositiveIntegerField(default=1)
    pay_until = models.DateTimeField(null=True, blank=True)
    action_url = models.CharField(max_length=2000, blank=True)
    shortages = models.JSONField(default=list, blank=True)
    refund_attempt = models.PositiveIntegerField(default=1, help_text="Of the refund of a cancellation.")
    parcel = models.PositiveIntegerField(default=1, help_text="How often the order was sent.")
    tracking = models.JSONField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    cancel_reason = models.CharField(max_length=30, blank=True)
    message = models.TextField(blank=True)
    attention = models.CharField("needs attention", max_length=500, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-placed_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(total_amount=F("subtotal_amount") + F("shipping_amount")), name="order_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0, subtotal_amount__gte=0, shipping_amount__gte=0),
                name="order_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("total_amount")),
                name="order_refunded_within_total",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "-placed_at", "-id"], name="order_of_customer"),
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(fields=["ask_again_at"], name="order_ask_again"),
            models.Index(fields=["due_at"], name="order_due"),
            models.Index(fields=["attention"], name="order_attention"),
            models.Index(fields=["status", "currency", "units", "total_amount"], name="order_figures"),
        ]
        permissions = [
            ("steer_order", "Can resume, cancel and put back orders"),
            ("release_order", "Can send an order whose payment is disputed"),
        ]

    def __str__(self) -> str:
        return self.number


class PaymentAttempt(models.Model):
    """An attempt to pay that was not approved, or not yet; the limits on attempts and unpaid orders count it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_id = models.UUIDField(db_index=True)
    customer_id = models.UUIDField()
    client = models.CharField(max_length=64, blank=True, help_text="A keyed hash of the client's network.")
    made_at = models.DateTimeField(db_index=True)
    is_open = models.BooleanField(default=True, help_text="The order still waits for its payment.")

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "made_at"], name="attempt_of_customer"),
            models.Index(fields=["client", "made_at"], name="attempt_of_client"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.made_at}"


class PayingClient(models.Model):
    """One row for each client, locked while its attempts are counted."""

    client = models.CharField(primary_key=True, max_length=64)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.client


class TimelineEntry(models.Model):
    """An entry of an order's timeline; the customer sees those with a sequence."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="timeline")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=choices(EntryKind))
    name = models.CharField(max_length=100)
    detail = models.CharField(max_length=1000, blank=True)
    told = models.TextField("told to the customer", blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "timeline"
        constraints = [models.UniqueConstraint(fields=["order", "sequence"], name="timeline_sequence_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Return(models.Model):
    """The columns of `domain.return_states.Return`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    number = models.CharField("order number", max_length=20, db_index=True)
    customer_id = models.UUIDField()
    status = models.CharField(max_length=20, choices=choices(ReturnStatus))
    known = models.JSONField("known facts", default=list)
    currency = models.CharField(max_length=3)
    refund_amount = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    restock = models.BooleanField(default=True, help_text="The units can be sold again.")
    label_attempt = models.PositiveIntegerField(default=1)
    refund_attempt = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    label_url = models.CharField(max_length=2000, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    message = models.TextField(blank=True)
    asks = models.PositiveIntegerField(default=0)
    ask_again_at = models.DateTimeField(null=True, blank=True, db_index=True)
    requested_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints = [models.CheckConstraint(condition=Q(refund_amount__gte=0), name="return_refund_not_negative")]
        indexes = [
            models.Index(fields=["customer_id", "-requested_at", "-id"], name="return_of_customer"),
            models.Index(fields=["requested_at", "id"], name="return_requested"),
        ]
        permissions = [("decide_return", "Can approve and reject returns")]

    def __str__(self) -> str:
        return f"{self.number} {self.status}"


class ReturnLine(models.Model):
    """The quantity of one SKU in a return."""

    id = models.BigAutoField(primary_key=True)
    belongs_to = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["belongs_to", "sku"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="return_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
