"""`/health/live`: the process answers. `/health/ready`: it can do its work, and if not, why."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from chassis.http.shutdown import is_shutting_down
from chassis.metrics import outbox_lag

#: Seconds. An older outbox means that no relay runs or the broker is unavailable; the service still works.
LAG_WARNING_SECONDS = 60.0

_migrated = False


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 503 when the database is unavailable or not migrated, or during shutdown; an old outbox is a warning."""
    if is_shutting_down():
        return JsonResponse({"status": "leaving", "checks": {}}, status=503)
    checks: dict[str, str] = {}
    try:
        checks["migrations"] = "ok" if _is_migrated() else "not applied: run manage.py migrate"
        unsent, age = outbox_lag()
        checks["database"] = "ok"
        checks["jobs"] = _jobs()
        checks["outbox"] = "ok" if age < LAG_WARNING_SECONDS else f"warning: {unsent} unsent, oldest {age:.0f} s"
    except DatabaseError as error:
        checks["database"] = f"away: {type(error).__name__}"
    good = all(value == "ok" or value.startswith("warning") for value in checks.values())
    return JsonResponse({"status": "ok" if good else "unavailable", "checks": checks}, status=200 if good else 503)


def _jobs() -> str:
    from chassis.jobs import status

    problems = [one.name for one in status.jobs(timezone.now()) if one.problem]
    return f"warning: failing or late: {', '.join(problems)}" if problems else "ok"


def _is_migrated() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
