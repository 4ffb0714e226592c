from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from chassis.choices import choices
from products.domain.ledger import Account, Reason
from products.domain.reservation import ReservationStatus
from products.models.catalog import Product, Variant

#: Free units of a SKU that has few left.
LOW = 5
_FEW_ARE_FREE = Q(on_hand__lte=F("reserved") + F("allocated") + LOW)


class StockItem(models.Model):
    """The units of one SKU. Available: on_hand - reserved - allocated."""

    variant = models.OneToOneField(Variant, on_delete=models.PROTECT, primary_key=True, related_name="stock")
    sku = models.CharField(max_length=40, unique=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="stock")
    on_hand = models.PositiveIntegerField(default=0, help_text="Units on the shelf, sold or not.")
    reserved = models.PositiveIntegerField(default=0, help_text="Held for unpaid orders.")
    allocated = models.PositiveIntegerField(default=0, help_text="Of paid orders whose parcels have not left.")

    class Meta:
        ordering = ("sku",)
        permissions = [("mend_stockitem", "Can mend counters and ledger that disagree")]
        indexes = [
            models.Index(
                fields=["sku"], condition=Q(on_hand__lte=F("reserved") + F("allocated") + LOW), name="stock_low"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(allocated__gte=0) & Q(on_hand__gte=F("reserved") + F("allocated")),
                name="stock_in_bounds",
            )
        ]

    def __str__(self) -> str:
        return self.sku


class LedgerBalance(models.Model):
    """The ledger balances of a SKU at a time, so that a check reads only later movements. One row per SKU."""

    sku = models.CharField(max_length=40, primary_key=True)
    balances = models.JSONField(default=dict, help_text="Units by account.")
    through = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sku} at {self.through}"

    @property
    def by_account(self) -> dict[Account, int]:
        return {Account(name): units for name, units in self.balances.items()}


class StockRepair(models.Model):
    """A repair of a SKU whose counters and ledger disagreed. Each one has a cause to be found."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sku = models.CharField(max_length=40)
    was = models.JSONField()
    became = models.JSONField()
    actor = models.CharField(max_length=254)
    note = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.sku} at {self.created_at}"


class Reservation(models.Model):
    """The stock held for or sent to one order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_id = models.UUIDField(unique=True)
    status = models.CharField(max_length=10, choices=choices(ReservationStatus))
    reserved_until = models.DateTimeField(null=True, blank=True)
    shortages = models.JSONField(default=list, blank=True, help_text="The shortages of a rejected reservation.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [("dispatch_reservation", "Can say that an order's parcel has left")]
        indexes = [
            models.Index(fields=["status", "reserved_until"], name="reservation_due"),
            models.Index(fields=["created_at"], name="reservation_created"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.order_id}"


class ReservationLine(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    restocked = models.PositiveIntegerField(default=0, help_text="Dispatched units that were returned.")

    class Meta:
        indexes = [models.Index(fields=["sku"], name="line_sku")]
        constraints = [
            models.UniqueConstraint(fields=["reservation", "sku"], name="reservation_line_sku"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(restocked__lte=F("quantity")), name="reservation_line_units"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class StockMovement(models.Model):
    """An entry of the ledger: `quantity` units went from `source` to `target`. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    source = models.CharField(max_length=10, choices=choices(Account))
    target = models.CharField(max_length=10, choices=choices(Account))
    reason = models.CharField(max_length=10, choices=choices(Reason))
    order_id = models.UUIDField(null=True, blank=True, db_index=True)
    return_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(
        max_length=254, blank=True, default="", help_text="The member of staff; empty: the system."
    )
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["sku", "created_at"], name="movement_sku"),
            models.Index(fields=["created_at"], name="movement_newest"),
            models.Index(fields=["reason", "created_at"], name="movement_reason"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & ~Q(source=F("target")), name="movement_moves_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}: {self.source} to {self.target}"


class Restock(models.Model):
    """A return whose units were put back on sale, once."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The return's id.")
    order_id = models.UUIDField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"return {self.id}"
