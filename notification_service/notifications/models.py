"""Tables, constraints, indexes."""

from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models
from uuid_utils.compat import uuid7

from chassis.choices import choices
from chassis.work.models import WorkItem
from notifications.domain.delivery import DeliveryState
from notifications.domain.notification_kind import Category, Medium

WEB_LINK = URLValidator(schemes=["https", "http"])


class Contact(models.Model):
    """A copy of a customer's contact data. After `deleted_at` it is an empty tombstone."""

    user_id = models.UUIDField(primary_key=True)
    email = models.EmailField(blank=True, default="", db_index=True)
    name = models.CharField(max_length=200, blank=True, default="")
    locale = models.CharField(max_length=20, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    time_zone = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="IANA name; empty: not known."
    )
    email_verified = models.BooleanField(default=False)
    version = models.BigIntegerField(default=0, help_text="Of the newest message that it was copied from.")
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="contact_newest")]

    def __str__(self) -> str:
        return self.email or str(self.user_id)


class Preference(models.Model):
    """A customer's choice for a category and medium; without a row the default applies."""

    user_id = models.UUIDField()
    category = models.CharField(max_length=20, choices=choices(Category))
    medium = models.CharField(max_length=10, choices=choices(Medium))
    enabled = models.BooleanField()
    updated_at = models.DateTimeField()
    origin = models.CharField(max_length=20, default="customer", help_text="customer, or unsubscribe link")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "category", "medium"], name="preference_once")]
        indexes = [
            models.Index(fields=["updated_at"], name="preference_newest"),
            models.Index(fields=["category", "medium", "enabled", "user_id"], name="preference_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.medium}: {'yes' if self.enabled else 'no'}"


class QuietTime(models.Model):
    """A customer's quiet hours for SMS and push messages."""

    user_id = models.UUIDField(primary_key=True)
    start = models.TimeField()
    end = models.TimeField()
    time_zone = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.start:%H:%M} to {self.end:%H:%M} {self.time_zone}"


class Device(models.Model):
    """A phone or browser that receives push messages."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField(db_index=True)
    token = models.CharField(max_length=300, unique=True)
    platform = models.CharField(max_length=10)
    label = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="device_newest")]

    def __str__(self) -> str:
        return self.label or self.platform


class Notification(models.Model):
    """A notification to a customer: one per business fact, whatever the number of messages about it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    source = models.CharField(max_length=120, help_text="The business fact; a repeated one is told once.")
    kind = models.CharField(max_length=40)
    category = models.CharField(max_length=20, choices=choices(Category))
    title = models.CharField(max_length=160)
    body = models.CharField(max_length=300)
    link = models.CharField(max_length=2000, blank=True, default="")
    listed = models.BooleanField(default=True)
    facts = models.JSONField(default=dict, help_text="What the templates are filled with.")
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "source"], name="notification_once")]
        indexes = [
            models.Index(fields=["user_id", "listed", "created_at", "id"], name="notification_list"),
            models.Index(fields=["created_at"], name="notification_age"),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(WorkItem):
    """A notification to be sent by one medium; states and transitions in `domain/delivery.py`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    user_id = models.UUIDField()
    medium = models.CharField(max_length=10, choices=choices(Medium))
    target = models.CharField(
        max_length=300, blank=True, default="", help_text="Address, number or token. Empty: the contact's, when sent."
    )
    state = models.CharField(max_length=10, choices=choices(DeliveryState), default=DeliveryState.PENDING)
    promotional = models.BooleanField(default=False, help_text="Goes behind everything transactional.")
    message_id = models.CharField(max_length=120, unique=True, help_text="Fixed before the first try.")
    error = models.TextField(blank=True, default="", db_default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    log = models.JSONField(default=list, help_text="Every try: when, outcome, what the provider said.")

    class Meta(WorkItem.Meta):
        verbose_name_plural = "deliveries"
        permissions = [("give_up_delivery", "Can give up a delivery")]
        constraints = [models.UniqueConstraint(fields=["notification", "medium", "target"], name="delivery_once")]
        indexes = [
            models.Index(fields=["created_at"], name="delivery_newest"),
            models.Index(fields=["state", "finished_at"], name="delivery_ended"),
            models.Index(fields=["finished_at", "medium", "promotional", "due_at"], name="delivery_unfinished"),
            models.Index(fields=["user_id"], name="delivery_user"),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.state}"


class Stream(models.Model):
    """The last number of a customer's live updates. Its row lock makes numbers appear in order."""

    user_id = models.UUIDField(primary_key=True)
    last_seq = models.BigIntegerField(default=0)
    closed = models.BooleanField(default=False, help_text="The account was deleted.")

    def __str__(self) -> str:
        return f"{self.user_id} at {self.last_seq}"


class Update(models.Model):
    """A live update. `seq` is empty while a step waits for an earlier one of the same order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    seq = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=120)
    type = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    order_id = models.UUIDField(null=True, blank=True)
    step = models.PositiveIntegerField(null=True, blank=True, help_text="Its place among the steps of its order.")
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "seq"], name="update_seq"),
            models.UniqueConstraint(fields=["user_id", "source"], name="update_once"),
        ]
        indexes = [
            models.Index(fields=["order_id", "step"], name="update_steps"),
            models.Index(fields=["seq", "received_at"], name="update_held"),
            models.Index(fields=["received_at"], name="update_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.seq if self.seq is not None else '(held)'}"


class SocketTicket(models.Model):
    """A ticket that opens one socket, once. Only its hash is stored."""

    digest = models.CharField(max_length=64, primary_key=True)
    user_id = models.UUIDField()
    session_id = models.CharField(max_length=64, blank=True, default="")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return "used" if self.used_at else "unused"


class Campaign(models.Model):
    """A promotional mail to all subscribers."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENDING = "sending"
        DONE = "done"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    headline = models.CharField(max_length=120, help_text="Subject of the mail and its first line.")
    body = models.TextField(max_length=5000, help_text="Plain text; an empty line begins a new paragraph.")
    button_label = models.CharField(max_length=40, default="Have a look")
    button_url = models.CharField(max_length=500, validators=[WEB_LINK], help_text="Where the button leads.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    cursor = models.UUIDField(null=True, editable=False, help_text="The last customer that it was made for.")
    recipients = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.headline
