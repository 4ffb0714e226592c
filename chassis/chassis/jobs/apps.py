from django.apps import AppConfig
from django.conf import settings


class JobsConfig(AppConfig):
    name = "chassis.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from chassis.jobs.figures import FiguresCollector
        from chassis.metrics import BUILD, SERVICE

        SERVICE.register(FiguresCollector())
        BUILD.info({"service": settings.SERVICE_NAME, "version": settings.VERSION})
