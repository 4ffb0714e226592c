from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "chassis.privacy"
    label = "privacy"
    verbose_name = "Personal data"
