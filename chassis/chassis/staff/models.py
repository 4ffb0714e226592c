"""The local copy of the accounts of staff."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models


class StaffUser(AbstractBaseUser, PermissionsMixin):
    """A local copy of a staff account, without a password: only the user service signs staff in."""

    id = models.UUIDField(primary_key=True, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    rights = models.TextField(blank=True, editable=False, help_text="As the newest cookie says them.")
    rights_as_of = models.BigIntegerField(default=0, editable=False, help_text="Its sign-on, in microseconds.")

    objects: ClassVar[UserManager[StaffUser]] = UserManager()  # type: ignore[assignment]

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = "staff member"

    def __str__(self) -> str:
        return self.email

    def get_username(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.get_short_name()
