"""The app of staff members and their permissions."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "chassis.staff"
    label = "staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        post_migrate.connect(_grant, dispatch_uid="staff_groups")


def _grant(**_: Any) -> None:
    from chassis.staff.groups import grant_permissions

    grant_permissions()
