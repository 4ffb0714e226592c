"""Every event and command that this service sends."""

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command, event
from chassis.core.money import Money
from chassis.privacy.messages import Contribution, Receipt


@event("payment.authorized.v1", subject="order_id")
class PaymentAuthorized:
    """The money is held. `attempt` is the one that the command named."""

    order_id: UUID
    payment_id: UUID
    attempt: int
    amount: Money


@event("payment.action_required.v1", subject="order_id")
class PaymentActionRequired:
    """The customer must confirm the payment at `action_url`, or do what `instructions` say, a text for the customer."""

    order_id: UUID
    payment_id: UUID
    attempt: int
    action_url: str
    instructions: str = ""


@event("payment.declined.v1", subject="order_id")
class PaymentDeclined:
    """Nothing is held, and this attempt has ended. `message` is a sentence for the customer."""

    order_id: UUID
    payment_id: UUID
    attempt: int
    code: str
    message: str


@event("payment.deferred.v1", subject="order_id")
class PaymentDeferred:
    """The money comes after the delivery: from the courier, or by a bank transfer. `payment.captured` says when."""

    order_id: UUID
    payment_id: UUID
    amount: Money


@event("payment.captured.v1", subject="order_id")
class PaymentCaptured:
    """The money of the order was collected."""

    order_id: UUID
    payment_id: UUID
    amount: Money


@event("payment.capture_failed.v1", subject="order_id")
class PaymentCaptureFailed:
    """The money was not captured and will not be. `payment_id` is zero if there is no payment at all."""

    order_id: UUID
    payment_id: UUID
    code: str
    message: str


@event("payment.voided.v1", subject="order_id")
class PaymentVoided:
    """No money of this order is held or kept, and none will be: every later authorization gets this reply."""

    order_id: UUID


@event("payment.refunded.v1", subject="order_id")
class PaymentRefunded:
    """Money was returned. `refunded_total`: what the customer has got back of the payment, this refund included.

    `refund_id` names what was refunded; `attempt` counts the attempts at it. `reason`: staff's text for the customer.
    """

    order_id: UUID
    refund_id: UUID
    amount: Money
    refunded_total: Money
    attempt: int = 1
    reason: str = ""


@event("payment.refund_failed.v1", subject="order_id")
class PaymentRefundFailed:
    """This attempt has failed; a higher one is a new refund. `code` `refund_reversed`: it had succeeded before.

    `refunded_total`: the refunded sum of the payment; absent if there is no such payment.
    """

    order_id: UUID
    refund_id: UUID
    code: str
    message: str
    attempt: int = 1
    refunded_total: Money | None = None


@event("payment.disputed.v1", subject="order_id")
class PaymentDisputed:
    """The customer's bank demands the money back; `payment.dispute_closed` tells the decision.

    `reason`: the provider's code. `respond_by`: until then staff can answer at the provider.
    """

    order_id: UUID
    payment_id: UUID
    dispute_id: UUID
    amount: Money
    reason: str = ""
    respond_by: datetime | None = None


@event("payment.dispute_closed.v1", subject="order_id")
class PaymentDisputeClosed:
    """The dispute was decided: `outcome` is `won` or `lost`, as the shop sees it.

    `refunded_total`: what the customer has got back of the payment, by refunds and by lost disputes.
    """

    order_id: UUID
    payment_id: UUID
    dispute_id: UUID
    outcome: str
    amount: Money
    refunded_total: Money


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """Report what this service has erased or anonymized of a person, and what it keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """Contribute a part of the data that this service keeps of a person, for that person only."""
