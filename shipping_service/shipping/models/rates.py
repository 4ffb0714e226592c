from __future__ import annotations

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class Zone(models.Model):
    """Countries that cost the same to send to."""

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
    """What a carrier offers: `souk-post` `express`. The codes are the carrier's own."""

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
    """One version of all rates. The newest one whose day has come is in force; without a day it is a draft."""

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
