"""Statistics of confirmed orders. Product ids are not foreign keys: messages may name unknown products."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class ConfirmedOrder(models.Model):
    """A counted order. Each of its messages counts once, however late or often it arrives."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The order's id.")
    units = models.JSONField(default=dict, help_text="Bought, by product.")
    returned = models.JSONField(default=dict, help_text="By return: units by product.")
    canceled = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class BoughtTogether(models.Model):
    """The number of orders with both products. Each pair is stored in both directions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product_id = models.UUIDField()
    other_id = models.UUIDField()
    orders = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product_id", "other_id"], name="bought_together_pair")]
        indexes = [models.Index(fields=["product_id", "-orders"], name="bought_together_most")]

    def __str__(self) -> str:
        return f"{self.product_id} and {self.other_id}: {self.orders}"


class Purchase(models.Model):
    """The units of a product that a customer has bought, for recommendations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_id = models.UUIDField()
    product_id = models.UUIDField()
    units = models.PositiveIntegerField(default=0)
    bought_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer_id", "product_id"], name="purchase_pair")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.units} x {self.product_id}"


class ForgottenCustomer(models.Model):
    """A deleted account. Late messages about its orders are not counted for it."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The user's id.")

    def __str__(self) -> str:
        return str(self.id)
