from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "chassis.inbox"
    label = "inbox"
    verbose_name = "Messages in"
