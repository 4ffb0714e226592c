from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "chassis.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from chassis.jobs.figures import FiguresCollector
        from chassis.metrics import SERVICE

        SERVICE.register(FiguresCollector())
