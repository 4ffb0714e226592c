"""Erase and export the personal data of this service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.privacy.messages import Erased, PersonalData
from users.commands.exports import delete_exports
from users.events_out import ErasureReport, ExportContribution
from users.models import Address, DataExport, MailToken, RefreshToken, Session, StaffSignOn, User


def erase(user_id: UUID, now: datetime) -> Erased:
    """Delete everything that belongs to the account; the account row was cleared when it was deleted."""
    session_ids = list(Session.objects.filter(user_id=user_id).values_list("id", flat=True))
    RefreshToken.objects.filter(session_id__in=session_ids).delete()
    Session.objects.filter(user_id=user_id).delete()
    StaffSignOn.objects.filter(user_id=user_id).delete()
    MailToken.objects.filter(user_id=user_id).delete()
    Address.objects.filter(user_id=user_id).delete()
    delete_exports(list(DataExport.objects.filter(user_id=user_id).values_list("id", flat=True)))
    return Erased(
        erased="e-mail address, name, telephone number, password, addresses, sessions, exports",
        kept="the id and the day of the deletion: orders and payments refer to the id",
    )


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return the account, its addresses and its sessions."""
    account = User.objects.filter(id=user_id)
    addresses = Address.objects.filter(user_id=user_id).order_by("created_at", "id")
    sessions = Session.objects.filter(user_id=user_id).order_by("created_at", "id")
    return {
        "account": account.values("id", "email", "name", "phone", "locale", "email_verified_at", "created_at"),
        "addresses": addresses.values(
            "name", "line1", "line2", "city", "postal_code", "region", "country", "phone", "created_at"
        ),
        "sessions": sessions.values("user_agent", "client", "created_at", "last_used_at", "revoked_at"),
    }


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)
