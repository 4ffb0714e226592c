"""The admin of staff members and groups."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from chassis.admin import GroupAdmin, ReadOnlyAdmin
from chassis.staff.models import StaffUser

admin.site.unregister(Group)
admin.site.register(Group, GroupAdmin)


@admin.register(StaffUser)
class StaffUserAdmin(ReadOnlyAdmin):
    """Staff who have used this service. The user service keeps accounts and groups."""

    list_display = ("email", "name", "is_superuser", "last_seen_at")
    search_fields = ("email", "name")
    ordering = ("email",)
    exclude = ("password",)
