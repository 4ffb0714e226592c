from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "chassis.outbox"
    label = "outbox"
    verbose_name = "Messages out"
