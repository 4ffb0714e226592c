"""Permissions of the staff groups in this service: `settings.STAFF_GROUPS`, applied after each migration."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group, Permission


def grant_permissions() -> None:
    """Give each group exactly the permissions listed for it ("app.codename", or "app.*" for all of an app)."""
    for name, wanted in settings.STAFF_GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        chosen: list[Permission] = []
        for permission in wanted:
            app, _, codename = permission.partition(".")
            found = Permission.objects.filter(content_type__app_label=app)
            chosen += found if codename == "*" else found.filter(codename=codename)
        group.permissions.set(chosen)
