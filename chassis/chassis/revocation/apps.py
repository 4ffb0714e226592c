from django.apps import AppConfig


class RevocationConfig(AppConfig):
    name = "chassis.revocation"
    label = "revocation"
    verbose_name = "Ended sessions"
