from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from uuid_utils.compat import uuid7

from shipping.domain.carrier_call import CallState, Operation
from shipping.domain.shipment import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingStatus

#: Free to be taken. A date and not NULL, so that one comparison serves.
FREE = datetime(1970, 1, 1, tzinfo=UTC)


def choices(of: type) -> list[tuple[str, str]]:
    return [(value.value, value.value.replace("_", " ")) for value in of]  # type: ignore[attr-defined]


SHIPMENT_STATUSES = choices(ShipmentStatus)
TRACKING_STATUSES = choices(TrackingStatus)


class Shipment(models.Model):
    """A parcel to a customer, or back from one. `reference` is its one name, here and at the carrier."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=64, unique=True)
    direction = models.CharField(max_length=16, choices=choices(Direction))
    status = models.CharField(max_length=20, choices=SHIPMENT_STATUSES)
    order_id = models.UUIDField(db_index=True)
    return_id = models.UUIDField(null=True, blank=True)
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
    correlation_id = models.CharField(max_length=64, blank=True, default="", help_text="The journey of the order.")
    latest_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-created_at", "-id"], name="shipping_of_customer"),
            models.Index(fields=["status", "created_at"], name="shipping_by_status"),
        ]

    def __str__(self) -> str:
        return self.tracking_number or self.reference


class Label(models.Model):
    """The document to print, as the carrier gave it."""

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


class CarrierCall(models.Model):
    """Something to ask of the carrier, stored with its idempotency key before anybody asks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="calls")
    operation = models.CharField(max_length=16, choices=choices(Operation))
    state = models.CharField(max_length=16, choices=choices(CallState), default=CallState.WAITING)
    idempotency_key = models.UUIDField(unique=True, default=uuid7)
    attempts = models.PositiveIntegerField(default=0, help_text="Each may have reached the carrier.")
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(default=FREE)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "operation"], name="shipping_call_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="shipping_call_due")]

    def __str__(self) -> str:
        return f"{self.operation} {self.shipment_id}"


class TrackingPoll(models.Model):
    """When to ask the carrier where a parcel is, should no webhook tell. Gone when the journey is over."""

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    due_at = models.DateTimeField(db_index=True)
    leased_until = models.DateTimeField(default=FREE)
    quiet = models.PositiveIntegerField(default=0, help_text="Polls in a row without news.")
    error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"poll of {self.shipment_id}"
