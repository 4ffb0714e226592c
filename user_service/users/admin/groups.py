from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from chassis.admin import GroupAdmin

admin.site.unregister(Group)
admin.site.register(Group, GroupAdmin)
