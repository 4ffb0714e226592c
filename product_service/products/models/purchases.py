"""What confirmed orders have taught us. Product ids are plain: a message may name a product that is gone."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class ConfirmedOrder(models.Model):
    """An order that has been learned from; so each thing about it counts once, however often and late it is told."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The order's id.")
    units = models.JSONField(default=dict, help_text="Bought, by product.")
    returned = models.JSONField(default=dict, help_text="By return: units by product.")
    canceled = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class BoughtTogether(models.Model):
    """In how many orders `other_id` stood beside `product_id`. Each pair is there in both directions."""

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
    """How many units of a product a customer has bought, for recommendations."""

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
    """A deleted account: nothing is learned about it any more, not even from a late message."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The user's id.")

    def __str__(self) -> str:
        return str(self.id)
