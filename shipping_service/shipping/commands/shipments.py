"""The commands of the order service. A repeated command gets the same answer again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.core.context import current
from chassis.core.errors import DomainError, Kind
from chassis.outbox.recorder import record
from chassis.privacy.erasures import reschedule_erasure
from chassis.transactions import transactional
from shipping import models, queries
from shipping.commands import carrier_calls
from shipping.domain.carrier_call import Operation
from shipping.domain.rates import shipped_weight
from shipping.domain.shipment import ENDED, Shipment
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.repository import shipments


class NothingWasSent(DomainError):
    """This order has no shipment that could be returned."""

    code, kind = "nothing_was_sent", Kind.CONFLICT


@transactional
def request_shipment(
    *,
    order_id: UUID,
    number: str,
    customer_id: UUID,
    quote_id: UUID | None,
    carrier: str,
    service: str,
    address: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
    attempt: int = 1,
) -> None:
    """Store the shipment and the request for its label, which is made after the commit. One shipment per attempt."""
    known = _known(attempt=attempt, order_id=order_id, now=now)
    if known:
        record(known.answers() if known.attempt == attempt else [])
        return
    shipment = Shipment(
        id=shipments.new_id(),
        direction=Direction.OUTBOUND,
        status=ShipmentStatus.REQUESTED,
        order_id=order_id,
        attempt=attempt,
        customer_id=customer_id,
        correlation_id=current().correlation_id,
        carrier=carrier,
        service=service,
    )
    _add(shipment, now=now, number=number, quote_id=quote_id, address=dict(address), lines=list(lines))


@transactional
def cancel_shipment(*, order_id: UUID, now: datetime, attempt: int = 1) -> None:
    """Cancel the order's parcel if it is not picked up yet.

    A cancel that arrives before its order is stored as a canceled shipment.
    """
    shipment = _known(attempt=attempt, order_id=order_id, now=now)
    if shipment is not None and shipment.attempt > attempt:
        return
    if shipment is None:
        canceled = Shipment(
            id=shipments.new_id(),
            direction=Direction.OUTBOUND,
            status=ShipmentStatus.CANCELED,
            order_id=order_id,
            attempt=attempt,
            correlation_id=current().correlation_id,
        )
        shipments.add(canceled, now=now)
        record(canceled.answers())
        return
    is_new = shipment.status is ShipmentStatus.REQUESTED
    withdrawn = is_new and carrier_calls.withdraw_call(shipment_id=shipment.id, now=now)
    after, messages = shipment.cancel(asked_carrier=not withdrawn)
    shipments.save(after, before=shipment, now=now)
    if shipment.status is ShipmentStatus.CREATED and after.status is ShipmentStatus.CANCELING:
        carrier_calls.request_call(shipment_id=shipment.id, operation=Operation.CANCEL, now=now)
    record(messages)


@transactional
def request_return(
    *,
    return_id: UUID,
    order_id: UUID,
    customer_id: UUID,
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
    attempt: int = 1,
) -> None:
    """Store the return shipment and the request for its label, from the carrier of the order. One per attempt.

    Raises NothingWasSent.
    """
    known = _known(attempt=attempt, order_id=order_id, return_id=return_id, now=now)
    if known:
        record(known.answers() if known.attempt == attempt else [])
        return
    sent = models.Shipment.objects.filter(order_id=order_id, return_id=None).order_by("-attempt").first()
    if sent is None or sent.customer_id != customer_id:
        raise NothingWasSent
    shipment = Shipment(
        id=shipments.new_id(),
        direction=Direction.RETURN,
        status=ShipmentStatus.REQUESTED,
        order_id=order_id,
        return_id=return_id,
        attempt=attempt,
        customer_id=customer_id,
        correlation_id=current().correlation_id,
        carrier=sent.carrier,
        service=sent.service,
    )
    _add(shipment, now=now, number=sent.number, address=sent.address, lines=list(lines))


def _known(*, attempt: int, order_id: UUID, return_id: UUID | None = None, now: datetime) -> Shipment | None:
    """Return the shipment of this attempt, or of a later one; None when there is none yet.

    A parcel still on its way when it is requested again becomes that attempt: it gets no second label.
    """
    latest = shipments.latest(order_id=order_id, return_id=return_id)
    if latest is None or latest.attempt >= attempt:
        return latest
    if latest.status in ENDED:
        return None
    renumbered = latest.renumbered(attempt)
    shipments.save(renumbered, before=latest, now=now)
    return renumbered


def _add(shipment: Shipment, *, now: datetime, **details: Any) -> None:
    quantities: dict[str, int] = {}
    for line in details["lines"]:
        quantities[line["sku"]] = quantities.get(line["sku"], 0) + line["quantity"]
    weight = shipped_weight(quantities, queries.weights_of(quantities))
    shipments.add(shipment, now=now, weight_grams=weight, **details)
    carrier_calls.request_call(shipment_id=shipment.id, operation=Operation.CREATE, now=now)
    if shipment.customer_id:
        reschedule_erasure(user_id=shipment.customer_id, now=now)  # whose account was deleted while this was on its way
