"""Figures of the business that take a look at a whole table: a job works them out, a scrape only reads them.

So a scrape costs the same however many rows there are, and however many processes are scraped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.metrics_core import Metric

from chassis.jobs.models import Figure
from chassis.metrics import DatabaseCollector

Families = Callable[[], Iterable[Metric]]

_declared: list[Families] = []


def figures(families: Families) -> None:
    """Declare figures that are worked out once a minute. For a service's `tasks.py`."""
    _declared.append(families)


def work_out() -> None:
    """Work out all declared figures anew, and drop those that nobody declares any more."""
    found = [family for families in _declared for family in families()]
    for family in found:
        samples = [[sample.name, sample.labels, sample.value] for sample in family.samples]
        values = {"documentation": family.documentation, "type": family.type, "samples": samples}
        Figure.objects.update_or_create(name=family.name, defaults=values)
    kept = {family.name for family in found}
    gone = [name for name in Figure.objects.values_list("name", flat=True) if name not in kept]
    Figure.objects.filter(name__in=gone).delete()


class FiguresCollector(DatabaseCollector):
    """What was worked out last."""

    def families(self) -> Iterator[Metric]:
        for figure in Figure.objects.order_by("name"):
            family = Metric(figure.name, figure.documentation, figure.type)
            for name, labels, value in figure.samples:
                family.add_sample(name, labels, value)
            yield family
