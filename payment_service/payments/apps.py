from django.apps import AppConfig
from prometheus_client import REGISTRY


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments.queries import LedgerCollector

        REGISTRY.register(LedgerCollector())
