"""The theme of the admin."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import sites
from django.utils.module_loading import import_string


class ThemeConfig(AppConfig):
    """Unfold, with the admin site named by `settings.ADMIN_SITE`."""

    name = "unfold"

    def ready(self) -> None:
        admin.site = sites.site = import_string(settings.ADMIN_SITE)()
