"""Business metrics over whole tables, computed by a job and only read by a scrape.

The cost of a scrape does not depend on the number of rows or processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.metrics_core import Metric

from chassis.jobs.models import Figure
from chassis.metrics import DatabaseCollector

Families = Callable[[], Iterable[Metric]]

_declared: list[Families] = []


def figures(families: Families) -> None:
    """Declare metrics that are computed once per minute. For a service's `tasks.py`."""
    _declared.append(families)


def compute() -> None:
    """Compute all declared figures, and delete those that are no longer declared."""
    found = [family for families in _declared for family in families()]
    for family in found:
        samples = [[sample.name, sample.labels, sample.value] for sample in family.samples]
        values = {"documentation": family.documentation, "type": family.type, "samples": samples}
        Figure.objects.update_or_create(name=family.name, defaults=values)
    kept = {family.name for family in found}
    gone = [name for name in Figure.objects.values_list("name", flat=True) if name not in kept]
    Figure.objects.filter(name__in=gone).delete()


class FiguresCollector(DatabaseCollector):
    """The figures as last computed."""

    def families(self) -> Iterator[Metric]:
        for figure in Figure.objects.order_by("name"):
            family = Metric(figure.name, figure.documentation, figure.type)
            for name, labels, value in figure.samples:
                family.add_sample(name, labels, value)
            yield family
