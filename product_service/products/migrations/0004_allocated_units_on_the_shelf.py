"""Units of paid orders lie on the shelf again until their parcels leave; before, they left it when they were paid.

Which parcels had left is not known here. An allocation that is two weeks old, or of which units have come back, is
taken for dispatched; the others wait for `order.dispatched.v1` or `order.delivered.v1`. Staff can say it of those
whose message came before the upgrade (admin, reservations, "The parcel has left").
"""

from datetime import timedelta

from django.db import migrations
from django.db.models import F
from django.utils import timezone

SENT_AFTER = timedelta(days=14)
NOTE = "Upgrade: the shelf is counted with the units that are to be sent"


def to_the_shelf(apps, schema_editor):
    allocated = apps.get_model("products", "Reservation").objects.filter(status="allocated")
    allocated.filter(updated_at__lt=timezone.now() - SENT_AFTER).update(status="dispatched")
    returned = allocated.filter(lines__restocked__gt=0).values_list("pk", flat=True)
    allocated.filter(pk__in=list(returned)).update(status="dispatched")
    _move(apps, source="sold", target="allocated", sign=1)


def from_the_shelf(apps, schema_editor):
    _move(apps, source="allocated", target="sold", sign=-1)
    apps.get_model("products", "Reservation").objects.filter(status="dispatched").update(status="allocated")


def _move(apps, *, source, target, sign):
    """The units of all allocations, in the counters and in the ledger."""
    StockItem, StockMovement = apps.get_model("products", "StockItem"), apps.get_model("products", "StockMovement")
    lines = apps.get_model("products", "ReservationLine").objects.filter(reservation__status="allocated")
    now = timezone.now()
    for sku, quantity, order_id in lines.values_list("sku", "quantity", "reservation__order_id"):
        units = sign * quantity
        StockItem.objects.filter(sku=sku).update(on_hand=F("on_hand") + units, allocated=F("allocated") + units)
        StockMovement.objects.create(
            sku=sku,
            quantity=quantity,
            source=source,
            target=target,
            reason="adjusted",
            order_id=order_id,
            note=NOTE,
            created_at=now,
        )


class Migration(migrations.Migration):
    dependencies = [("products", "0003_stock_on_the_shelf")]
    operations = [migrations.RunPython(to_the_shelf, from_the_shelf)]
