"""Tables, constraints, indexes; no rules."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from chassis.choices import choices
from chassis.work.models import WorkItem
from shipping.domain.carrier_call import CallState, Operation
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingStatus

SHIPMENT_STATUSES = choices(ShipmentStatus)
TRACKING_STATUSES = choices(TrackingStatus)


class ProductSeen(models.Model):
    """The version of a product that was read last; older messages about it are ignored."""

    product_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.product_id)


class VariantWeight(models.Model):
    """Our copy of a variant's weight, from `product.changed`. A withdrawn variant stays, for parcels on their way."""

    sku = models.CharField(max_length=64, primary_key=True)
    product_id = models.UUIDField(db_index=True)
    weight_grams = models.PositiveIntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("sku",)

    def __str__(self) -> str:
        return self.sku


class Zone(models.Model):
    """Countries with the same rates."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class ZoneCountry(models.Model):
    country = models.CharField(max_length=2, primary_key=True, help_text="ISO 3166 alpha-2, upper case.")
    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="countries")

    class Meta:
        verbose_name_plural = "zone countries"
        ordering = ("country",)

    def __str__(self) -> str:
        return self.country


class CarrierService(models.Model):
    """A service of a carrier, as `souk-post` `express`. The codes are the carrier's own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    carrier = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=100, help_text="As customers read it.")
    active = models.BooleanField(default=True, help_text="Offered in new quotes.")

    class Meta:
        ordering = ("carrier", "code")
        constraints = [models.UniqueConstraint(fields=["carrier", "code"], name="shipping_service_code")]

    def __str__(self) -> str:
        return self.name


class RateTable(models.Model):
    """One version of all rates. The latest one with a `valid_from` in the past applies; one without is a draft."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField(unique=True)
    note = models.CharField(max_length=200, blank=True, default="")
    valid_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-version",)
        indexes = [models.Index(fields=["valid_from"], name="shipping_table_valid_from")]

    def __str__(self) -> str:
        return f"version {self.version}"


class Rate(models.Model):
    """The price of a parcel of up to `max_weight_grams`, to a zone, by a service."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    table = models.ForeignKey(RateTable, on_delete=models.CASCADE, related_name="rates")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="rates")
    service = models.ForeignKey(CarrierService, on_delete=models.PROTECT, related_name="rates")
    max_weight_grams = models.PositiveIntegerField()
    price_amount = models.PositiveIntegerField(help_text="Minor units (cents).")
    currency = models.CharField(max_length=3, default="EUR")
    delivery_days = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("zone", "service", "max_weight_grams")
        constraints = [
            models.UniqueConstraint(fields=["table", "zone", "service", "max_weight_grams"], name="shipping_rate_band"),
            models.CheckConstraint(condition=Q(max_weight_grams__gt=0), name="shipping_rate_weight_positive"),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="shipping_rate_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.zone} {self.service} up to {self.max_weight_grams} g"


class Shipment(models.Model):
    """A parcel to a customer, or a return from one. `reference` is its unique name, here and at the carrier."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=64, unique=True)
    direction = models.CharField(max_length=16, choices=choices(Direction))
    status = models.CharField(max_length=20, choices=SHIPMENT_STATUSES)
    order_id = models.UUIDField(db_index=True)
    return_id = models.UUIDField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=1, help_text="Which parcel of the order, or label of the return.")
    customer_id = models.UUIDField(null=True, blank=True, help_text="Empty: canceled before it was asked for.")
    number = models.CharField("order number", max_length=40, blank=True, default="")
    quote_id = models.UUIDField(null=True, blank=True)
    carrier = models.CharField(max_length=32, blank=True, default="")
    service = models.CharField(max_length=32, blank=True, default="")
    address = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    weight_grams = models.PositiveIntegerField(default=0)
    tracking_number = models.CharField(max_length=64, blank=True, default="", db_index=True)
    tracking_url = models.CharField(max_length=500, blank=True, default="")
    label_url = models.CharField(max_length=500, blank=True, default="")
    cancel_refusal = models.CharField(max_length=300, blank=True, default="")
    failure_code = models.CharField(max_length=64, blank=True, default="")
    failure_message = models.CharField(max_length=500, blank=True, default="")
    end_reason = models.CharField(max_length=300, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Came back, was lost or damaged.")
    correlation_id = models.CharField(max_length=64, blank=True, default="", help_text="The journey of the order.")
    latest_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [("book_shipment", "Can book by hand what happened to a parcel")]
        indexes = [
            models.Index(fields=["created_at"], name="shipping_newest"),
            models.Index(fields=["customer_id", "-created_at", "-id"], name="shipping_of_customer"),
            models.Index(fields=["status", "created_at"], name="shipping_by_status"),
        ]

    def __str__(self) -> str:
        return self.tracking_number or self.reference


class Label(models.Model):
    """The document to print, as received from the carrier."""

    shipment_id: UUID
    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, primary_key=True, related_name="label")
    media_type = models.CharField(max_length=60)
    document = models.BinaryField()

    def __str__(self) -> str:
        return f"label of {self.shipment_id}"


class TrackingEvent(models.Model):
    """One line of a shipment's timeline."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="timeline")
    carrier_event_id = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=TRACKING_STATUSES)
    description = models.CharField(max_length=300)
    location = models.CharField(max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("occurred_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["shipment", "carrier_event_id"], name="shipping_carrier_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.location}"


class CarrierCall(WorkItem):
    """A request to the carrier, stored with its idempotency key before it is made. See `work.carrier_calls`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shipment_id: UUID
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="calls")
    operation = models.CharField(max_length=16, choices=choices(Operation))
    state = models.CharField(max_length=16, choices=choices(CallState), default=CallState.WAITING)
    idempotency_key = models.UUIDField(unique=True, default=uuid7)
    stopped_at = models.DateTimeField(
        "given up at", null=True, blank=True, help_text="It is not sent again, and ends when no label is found."
    )
    stop_reason = models.CharField("reason for giving up", max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField()

    class Meta(WorkItem.Meta):
        indexes = [*WorkItem.Meta.indexes, models.Index(fields=["created_at"], name="shipping_call_newest")]
        permissions = [("give_up_carriercall", "Can give up a call to the carrier")]
        constraints = [models.UniqueConstraint(fields=["shipment", "operation"], name="shipping_call_once")]

    def __str__(self) -> str:
        return f"{self.operation} {self.shipment_id}"


class TrackingPoll(WorkItem):
    """The next poll for a parcel, until its journey is over. See `work.tracking_polls`."""

    shipment_id: UUID
    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    quiet = models.PositiveIntegerField(default=0, help_text="Polls in a row without new events.")
    attempts = models.PositiveIntegerField(default=0, db_default=0, help_text="Failed attempts in a row.")

    class Meta(WorkItem.Meta):
        indexes = [*WorkItem.Meta.indexes, models.Index(fields=["due_at"], name="shipping_poll_next")]
        permissions = [("give_up_trackingpoll", "Can give up polling for a parcel")]

    def __str__(self) -> str:
        return f"poll of {self.shipment_id}"


class CarrierWebhook(WorkItem):
    """A webhook from a carrier, verified and stored before it was answered. See `work.carrier_webhooks`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=32)
    event_id = models.CharField(max_length=100)
    body = models.TextField()
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField("processed at", null=True, blank=True, db_column="processed_at")

    class Meta(WorkItem.Meta):
        permissions = [("give_up_carrierwebhook", "Can give up a carrier webhook")]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="shipping_webhook_once")]
        indexes = [
            *WorkItem.Meta.indexes,
            models.Index(fields=["received_at"], name="shipping_webhook_received"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
