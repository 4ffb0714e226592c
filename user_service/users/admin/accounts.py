"""Accounts of customers and staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from chassis.admin import ModelAdmin, ReadOnlyInline
from chassis.forms import by_rule
from chassis.values import mailboxes, text
from chassis.values.phones import phone
from users import queries
from users.admin.any_engine import DatesOfRows, FindsById, OneTransaction
from users.commands import profile, registration, staff
from users.domain.accounts import EmailTaken, LastSuperuser, email_key
from users.models import Address, User

_PROFILE = ("name", "locale", "phone")
_RIGHTS = ("is_staff", "is_superuser", "groups")
_SYSTEM = ("id", "email", "email_verified_at", "is_active", "last_login", "created_at", "deleted_at")


class AddressInline(ReadOnlyInline):
    model = Address
    fields = ("name", "line1", "line2", "postal_code", "city", "region", "country", "phone")


class NewStaffForm(ModelForm):  # type: ignore[type-arg]
    """A new staff account. Its owner chooses the password through a link in a mail."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        email = by_rule(mailboxes.email, self.cleaned_data["email"])
        if User.objects.filter(email_key=email_key(email)).exists():
            raise ValidationError(EmailTaken().message, code=EmailTaken.code)
        return email

    def clean_name(self) -> str:
        return by_rule(text.name, self.cleaned_data["name"])


class AccountForm(ModelForm):  # type: ignore[type-arg]
    """An existing account. The last superuser cannot lose that status."""

    def clean_name(self) -> str:
        return by_rule(text.name, self.cleaned_data["name"])

    def clean_phone(self) -> str:
        return by_rule(phone, self.cleaned_data["phone"])

    def clean_is_superuser(self) -> bool:
        asked = bool(self.cleaned_data["is_superuser"])
        if not asked and queries.is_last_superuser(self.instance.id):
            raise ValidationError(LastSuperuser().message, code=LastSuperuser.code)
        return asked


@admin.register(User)
class UserAdmin(DatesOfRows, FindsById, ModelAdmin, OneTransaction):  # type: ignore[misc]
    """Accounts without their passwords.

    Only superusers may change accounts of staff, their groups, and who is staff.
    """

    list_display = ("email", "name", "is_active", "verified", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", ("email_verified_at", admin.EmptyFieldListFilter), "groups")
    search_fields = ("email_key", "name")
    also_shown = ("email_key",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    filter_horizontal = ("groups",)
    inlines = (AddressInline,)
    actions = ("verify", "deactivate", "reactivate")

    @admin.display(boolean=True, description="verified")
    def verified(self, user: User) -> bool:
        return user.email_verified_at is not None

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("email", "name")}),)
        return (
            (None, {"fields": ("email", *_PROFILE)}),
            ("Rights", {"fields": _RIGHTS}),
            ("State", {"fields": ("is_active", "email_verified_at", "last_login", "created_at", "deleted_at", "id")}),
        )

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = AccountForm if obj else NewStaffForm
        return super().get_form(request, obj, change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return _SYSTEM if _is_superuser(request) else (*_SYSTEM, *_RIGHTS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and (obj.deleted_at or (obj.is_staff and not _is_superuser(request))):
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False  # staff deactivate an account; only its owner deletes it

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            invited = staff.invite_staff(email=obj.email, name=obj.name, now=timezone.now())
            obj.__dict__.update(invited.__dict__)
            return
        profile.change_profile(user_id=obj.id, **{field: getattr(obj, field) for field in _PROFILE})
        if _is_superuser(request):
            self._set_rights(request, obj, form)

    def _set_rights(self, request: HttpRequest, obj: User, form: Any) -> None:
        try:
            staff.set_rights(
                user_id=obj.id,
                is_staff=obj.is_staff,
                is_superuser=obj.is_superuser,
                groups=[group.name for group in form.cleaned_data["groups"]],
                now=timezone.now(),
            )
        except LastSuperuser as refusal:  # another superuser was removed since the form was checked
            self.message_user(request, f"The rights were not changed: {refusal.message}", messages.ERROR)

    @admin.action(description="Mark the e-mail address as verified", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now = timezone.now()
        self._each(request, queryset, "verified", lambda user: registration.mark_verified(user_id=user.id, now=now))

    @admin.action(description="Deactivate: lock the account and end its sessions", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now = timezone.now()
        self._each(request, queryset, "deactivated", lambda user: staff.deactivate(user_id=user.id, now=now))

    @admin.action(description="Activate again", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, "activated", lambda user: staff.reactivate(user_id=user.id))

    def _each(self, request: HttpRequest, users: QuerySet[User], done: str, command: Callable[[User], bool]) -> None:
        """Run the command for each account that this member of staff may change."""
        changeable = [user for user in users if self.has_change_permission(request, user)]
        self.run_for_each(request, changeable, command, done=done)
        if refused := len(users) - len(changeable):
            self.message_user(request, f"{refused} may not be changed by you.", messages.WARNING)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
