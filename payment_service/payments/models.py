"""Tables, constraints and indexes. The rules are in `domain`."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from chassis.choices import choices
from chassis.work.models import WorkItem
from payments.domain.dispute import DisputeStatus
from payments.domain.ledger import EntryKind, Outcome
from payments.domain.payment import PaymentStatus
from payments.domain.provider_calls import Operation
from payments.domain.refund import RefundReason, RefundStatus


class ProviderCustomer(models.Model):
    """A customer's account at a provider, which keeps their saved ways to pay."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="The key of its creation.")
    customer_id = models.UUIDField()
    provider = models.CharField(max_length=20)
    provider_id = models.CharField("account at the provider", max_length=255, blank=True)
    set_ups = models.PositiveIntegerField(default=0, help_text="Attempts to save a way to pay since then.")
    counted_since = models.DateTimeField()
    created_at = models.DateTimeField()
    forget_at = models.DateTimeField(null=True, blank=True, help_text="The person was erased; to be deleted there.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "provider"], condition=Q(forget_at=None), name="provider_customer_once"
            )
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="provider_customer_of"),
            models.Index(fields=["forget_at"], name="provider_customer_to_forget"),
            models.Index(fields=["created_at"], name="provider_customer_newest"),
        ]

    def __str__(self) -> str:
        return self.provider_id or str(self.id)


class OrderAccount(models.Model):
    """One row for each order, locked by whatever changes its payments."""

    order_id = models.UUIDField(primary_key=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="The order accepts no further charge.")
    voided_at = models.DateTimeField(null=True, blank=True, help_text="No money of the order is held or kept.")

    class Meta:
        indexes = [models.Index(fields=["closed_at"], name="account_closed")]

    def __str__(self) -> str:
        return str(self.order_id)


class Payment(models.Model):
    """One attempt to pay an order. Amounts in minor units of `currency`; refunded <= claimed <= captured."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    customer_id = models.UUIDField()
    number = models.CharField("order number", max_length=40, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=choices(PaymentStatus))
    captured_amount = models.BigIntegerField(default=0)
    claimed_amount = models.BigIntegerField(default=0, help_text="Claimed by refunds, open ones included.")
    refunded_amount = models.BigIntegerField(default=0)
    disputed_amount = models.BigIntegerField(
        default=0, db_default=0, help_text="Taken by the provider until a dispute is decided."
    )
    charged_back_amount = models.BigIntegerField(default=0, db_default=0, help_text="Lost by disputes.")
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=255, blank=True, db_index=True)
    method = models.CharField(max_length=255, blank=True, help_text="Deleted when the provider has decided.")
    action_url = models.CharField(max_length=2000, blank=True)
    code = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    expires_at = models.DateTimeField(help_text="Not sent to the provider after this.")
    looked_at = models.DateTimeField(help_text="When the provider's object was last fetched.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("book_payment", "Can book money that came or went by bank transfer or in cash"),
            ("capture_payment", "Can collect money that is held"),
            ("void_payment", "Can release money that is held"),
            ("look_up_payment", "Can look payments up at their provider"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order_id", "attempt"], name="payment_order_attempt"),
            models.UniqueConstraint(
                fields=["order_id"], condition=Q(status__in=["capturing", "captured"]), name="payment_taken_once"
            ),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, captured_amount__lte=F("amount")), name="payment_captured_in_amount"
            ),
            models.CheckConstraint(
                condition=Q(claimed_amount__gte=0, claimed_amount__lte=F("captured_amount")),
                name="payment_claimed_in_captured",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("claimed_amount")),
                name="payment_refunded_in_claimed",
            ),
            models.CheckConstraint(
                condition=Q(disputed_amount__gte=0, charged_back_amount__gte=0), name="payment_taken_back_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "created_at", "id"], name="payment_of_customer"),
            models.Index(fields=["status", "looked_at"], name="payment_to_look_at"),
            models.Index(fields=["created_at"], name="payment_created"),
            models.Index(fields=["updated_at"], name="payment_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.order_id} #{self.attempt}"

    @property
    def kept_amount(self) -> int:
        """The minor units that the shop has of this payment."""
        return self.captured_amount - self.refunded_amount - self.disputed_amount - self.charged_back_amount

    @property
    def refundable_amount(self) -> int:
        """The minor units that can still be refunded."""
        taken = self.claimed_amount + self.disputed_amount + self.charged_back_amount
        return max(0, self.captured_amount - taken)


class Refund(models.Model):
    """One attempt to return money to the customer."""

    payment_id: UUID
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    key = models.UUIDField(
        "settles",
        null=True,
        blank=True,
        help_text="A return, a canceled order, or the refund itself (also when empty).",
    )
    attempt = models.PositiveIntegerField(default=1, db_default=1)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200, blank=True)
    reason_code = models.CharField(
        "kind of reason", max_length=20, blank=True, default="", db_default="", choices=choices(RefundReason)
    )
    requested_by = models.CharField(max_length=254, blank=True, help_text="Staff member; empty: the shop itself.")
    status = models.CharField(max_length=20, choices=choices(RefundStatus))
    provider_id = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.UniqueConstraint(fields=["key", "attempt"], name="refund_attempt_once"),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="refund_created"),
            models.Index(fields=["status"], name="refund_status"),
            models.Index(fields=["updated_at"], name="refund_updated"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Dispute(models.Model):
    """A demand of the customer's bank, or of PayPal, for the money of a payment."""

    id = models.UUIDField(primary_key=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_id = models.CharField("dispute at the provider", max_length=255)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=choices(DisputeStatus))
    decided = models.BooleanField(default=False)
    reason = models.CharField(max_length=64, blank=True, help_text="The provider's code.")
    respond_by = models.DateTimeField(null=True, blank=True, help_text="Until then staff can answer at the provider.")
    taken_amount = models.BigIntegerField("taken", default=0, help_text="By the provider, for now or for good.")
    created_at = models.DateTimeField("known since")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payment", "provider_id"], name="dispute_once")]
        indexes = [
            models.Index(fields=["decided", "respond_by", "id"], name="dispute_to_answer"),
        ]

    def __str__(self) -> str:
        return self.provider_id


class PaymentEvent(models.Model):
    """An entry of the ledger: added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="events")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    dispute = models.ForeignKey(Dispute, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20, choices=choices(EntryKind))
    outcome = models.CharField(max_length=20, choices=choices(Outcome))
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    actor = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text="Staff member; empty: the shop itself."
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(outcome="succeeded", kind__in=["authorization", "charge", "void"]),
                name="ledger_success_once",
            ),
            models.UniqueConstraint(
                fields=["refund", "kind"],
                condition=Q(outcome="succeeded", kind__in=["refund", "reversal"]),
                name="ledger_refund_once",
            ),
        ]
        indexes = [
            models.Index(fields=["at", "id"], name="ledger_newest"),
            models.Index(fields=["outcome", "kind", "currency", "amount"], name="ledger_sums"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"


class CallStatus(models.TextChoices):
    OPEN = "open"  # due, running, or of unknown outcome
    DONE = "done"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"  # never sent, and no longer wanted


class ProviderCall(WorkItem):
    """A call to the provider: stored before it is made, and made by whoever holds the lease."""

    refund_id: UUID | None
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="calls")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    operation = models.CharField(max_length=20, choices=choices(Operation))
    subject = models.UUIDField(help_text="The refund, else the payment: each operation is done once for it.")
    idempotency_key = models.CharField(max_length=100, blank=True, help_text="As sent last.")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=CallStatus.choices, default=CallStatus.OPEN)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="First sent; its result may be unknown.")
    correlation_id = models.CharField(max_length=64)
    causation_id = models.CharField(max_length=64, null=True, blank=True)
    stopped_at = models.DateTimeField(
        "given up at", null=True, blank=True, help_text="It is not sent again, and ends when nothing is found."
    )
    stopped_by = models.CharField("given up by", max_length=254, blank=True, default="", db_default="")
    stop_reason = models.CharField("reason for giving up", max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(WorkItem.Meta):
        indexes = [*WorkItem.Meta.indexes, models.Index(fields=["created_at"], name="call_newest")]
        permissions = [("give_up_providercall", "Can give up a call to the provider")]
        constraints = [models.UniqueConstraint(fields=["operation", "subject"], name="call_once")]

    def __str__(self) -> str:
        return f"{self.operation} {self.subject}"


class WebhookEvent(WorkItem):
    """A verified webhook of a provider: stored first, processed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=100)
    provider_id = models.CharField("object at the provider", max_length=255, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="Our payment's id, as the provider says.")
    dispute_id = models.CharField("dispute at the provider", max_length=255, blank=True, default="", db_default="")
    hint = models.CharField(max_length=100, blank=True, help_text="State of the object when the event was made.")
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField("processed at", null=True, blank=True, db_column="processed_at")
    error = models.TextField(blank=True, default="", db_default="")
    misses = models.PositiveIntegerField(default=0, db_default=0, help_text="How often the payment was not found here.")
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        permissions = [("give_up_webhookevent", "Can give up a webhook")]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_once")]
        indexes = [
            models.Index(fields=["received_at"], name="webhook_newest"),
            models.Index(fields=["finished_at", "due_at"], name="webhook_due"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Mismatch(models.Model):
    """A difference between our books and the provider's, or a dispute, for staff.

    A difference is closed when the books agree again, or by a person, with a note.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField("object at the provider", max_length=255)
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="mismatches")
    kind = models.CharField(max_length=40)
    ours = models.CharField(max_length=200, blank=True)
    theirs = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=254, blank=True, help_text="Empty: the books agree again.")
    note = models.TextField(blank=True, default="", db_default="", help_text="How a person has resolved it.")

    class Meta:
        verbose_name_plural = "mismatches"
        permissions = [("resolve_mismatch", "Can close a mismatch")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_id", "kind"], name="mismatch_once"),
        ]
        indexes = [models.Index(fields=["resolved_at", "found_at"], name="mismatch_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"


class ReconciliationRun(models.Model):
    """One comparison of a period of our books with the providers': what was compared and found."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    period_start = models.DateTimeField("from")
    period_end = models.DateTimeField("to")
    requested_by = models.CharField(max_length=254, blank=True, help_text="Empty: every night.")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    compared = models.PositiveIntegerField(default=0, help_text="Payments and objects of providers.")
    found = models.PositiveIntegerField("differences", default=0)
    failed = models.PositiveIntegerField(
        "not compared", default=0, help_text="Providers or objects that could not be read; see the job."
    )
    totals = models.JSONField(default=list, help_text="Minor units by provider, currency and kind of ledger entry.")

    class Meta:
        indexes = [
            models.Index(fields=["requested_at"], name="reconciliation_newest"),
            models.Index(fields=["finished_at"], name="reconciliation_finished"),
        ]
        permissions = [("export_reconciliationrun", "Can download the reports of reconciliation")]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_start__lt=F("period_end")), name="reconciliation_period_not_empty"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_start:%Y-%m-%d %H:%M} to {self.period_end:%Y-%m-%d %H:%M}"


class ReconciliationFinding(models.Model):
    """A difference as one run found it."""

    run = models.ForeignKey(ReconciliationRun, on_delete=models.CASCADE, related_name="findings")
    provider = models.CharField(max_length=20)
    provider_id = models.CharField("object at the provider", max_length=255)
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    ours = models.CharField(max_length=200, blank=True)
    theirs = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"
