"""Tables and indexes. No rules here; nothing that MongoDB cannot do (see README)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.models import BaseUserManager as DjangoUserManager
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from users.domain.accounts import MailPurpose, email_key, normalize_password
from users.domain.sessions import EndReason


class AccountManager(DjangoUserManager["User"]):
    """The manager that Django's `createsuperuser` needs."""

    def create_superuser(self, email_key: str, password: str | None = None, **fields: Any) -> User:
        user = self.new(email=email_key, is_staff=True, is_superuser=True, created_at=timezone.now(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def new(self, *, email: str, **fields: Any) -> User:
        """Return an unsaved account."""
        return User(email=email, email_key=email_key(email), **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email_key=email_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a customer or of staff."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(help_text="As its owner wrote it; mail goes here.")
    email_key = models.CharField(
        "e-mail address", max_length=254, unique=True, editable=False, help_text="See domain.accounts."
    )
    name = models.CharField(max_length=150, blank=True)
    locale = models.CharField(max_length=10, default="en", help_text="Language, perhaps with a country: en, de-AT.")
    phone = models.CharField(max_length=20, blank=True, help_text="International: +43123456789")
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField("active", default=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    default_address_id = models.UUIDField(null=True, blank=True, editable=False)
    address_count = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Holds the limit exactly.")
    created_at = models.DateTimeField(db_index=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    outlasted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="See commands.staff: when another superuser lost the rights."
    )

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.email or f"deleted account {self.id}"

    def set_password(self, raw_password: str | None) -> None:
        """Set the password in its normal form; Django's commands call this."""
        super().set_password(raw_password and normalize_password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password and normalize_password(raw_password))

    def get_username(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.get_short_name()


class Address(models.Model):
    """A delivery address of a customer. Orders keep their own copy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=100)
    line1 = models.CharField(max_length=150)
    line2 = models.CharField(max_length=150, blank=True)
    city = models.CharField(max_length=100)
    postal_code = models.CharField(max_length=20)
    region = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2: AT")
    phone = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "addresses"
        indexes = [models.Index(fields=["user", "created_at"], name="address_user")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"


class Session(models.Model):
    """One sign-in on one device: the family of its refresh tokens."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    user_agent = models.CharField(max_length=200, blank=True)
    client = models.CharField("client address", max_length=64, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=30, blank=True, choices=[(r.value, r.value) for r in EndReason])

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="session_created"),
            models.Index(fields=["last_used_at"], name="session_last_used"),
            models.Index(fields=["user", "revoked_at", "last_used_at"], name="session_user"),
            models.Index(fields=["expires_at"], name="session_expires"),
            models.Index(fields=["revoked_at"], name="session_revoked"),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"


class StaffSignOn(models.Model):
    """One sign-on of a member of staff, for all admins; the staff cookie contains its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ons")
    user_agent = models.CharField("device", max_length=200, blank=True)
    client = models.CharField("client address", max_length=64, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField("ended at", null=True, blank=True, db_index=True)
    end_reason = models.CharField(max_length=30, blank=True, choices=[(r.value, r.value) for r in EndReason])

    class Meta:
        verbose_name = "staff sign-on"
        indexes = [
            models.Index(fields=["created_at"], name="sign_on_created"),
            models.Index(fields=["user", "revoked_at"], name="sign_on_user"),
        ]

    def __str__(self) -> str:
        return f"sign-on {self.id}"


class RefreshToken(models.Model):
    """A refresh token of a session. Kept after its use, so that a second use is detected."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)


class MailToken(models.Model):
    """A mailed secret, as its SHA-256.

    With `encoded` it belongs to a claim (see domain.accounts): its holder gets the account with this e-mail address,
    name, locale and password.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_tokens")
    purpose = models.CharField(max_length=20, choices=[(p.value, p.value) for p in MailPurpose])
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    email = models.EmailField(blank=True, default="")
    name = models.CharField(max_length=150, blank=True, default="")
    locale = models.CharField(max_length=10, blank=True, default="")
    encoded = models.CharField(max_length=128, blank=True, default="")


class MailRequest(models.Model):
    """A request for a mail to this address. A job looks the account up, so the request takes the same time for all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=20, choices=[(p.value, p.value) for p in MailPurpose])
    email_key = models.CharField(max_length=254)
    correlation_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)


class ErasureRequest(models.Model):
    """The erasure of a deleted account, finished when every service has confirmed it."""

    user_id = models.UUIDField(primary_key=True, editable=False)
    requested_at = models.DateTimeField()
    asks = models.PositiveIntegerField(default=0, help_text="How often all services were asked.")
    ask_again_at = models.DateTimeField(null=True, blank=True, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["requested_at"], name="erasure_requested")]
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"erasure of {self.user_id}"


class ErasureReceipt(models.Model):
    """A service's latest report on an erasure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ErasureRequest, on_delete=models.CASCADE, related_name="receipts")
    service = models.CharField(max_length=40)
    erased = models.TextField(blank=True, default="")
    anonymized = models.TextField(blank=True, default="")
    kept = models.TextField(blank=True, default="")
    waits_for = models.TextField(blank=True, default="")
    erased_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "service"], name="erasure_receipt_once")]

    def __str__(self) -> str:
        return self.service


class DataExport(models.Model):
    """A copy of a person's data from all services, for that person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    requested_at = models.DateTimeField()
    day = models.DateField(help_text="Of the request; a few a day are enough.")
    number = models.PositiveSmallIntegerField(help_text="Of that day.")
    asks = models.PositiveIntegerField(default=0)
    ask_again_at = models.DateTimeField(null=True, blank=True, db_index=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day", "number"], name="export_of_day")]

    def __str__(self) -> str:
        return f"export {self.id}"


class ExportPart(models.Model):
    """A part contributed by a service, encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts")
    service = models.CharField(max_length=40)
    part = models.PositiveIntegerField()
    parts = models.PositiveIntegerField()
    sealed = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "service", "part"], name="export_part_once")]

    def __str__(self) -> str:
        return f"{self.service} {self.part}/{self.parts}"
