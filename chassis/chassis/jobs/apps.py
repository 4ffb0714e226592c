from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "chassis.jobs"
    label = "jobs"
    verbose_name = "Jobs"
