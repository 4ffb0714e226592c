from chassis.core.messages import command, event
from chassis.privacy.messages import Contribution, Receipt


@event("thing.happened.v1", subject="thing")
class ThingHappened:
    thing: str
    name: str


@command("thing.break.v1", subject="thing")
class BreakThing:
    thing: str
    name: str


@event("thing.deadly.v1", subject="thing")
class ThingDeadly:
    thing: str
    name: str


@event("thing.killed.v1", subject="thing")
class ThingKilled:
    thing: str
    name: str


@event("thing.unacknowledged.v1", subject="thing")
class ThingUnacknowledged:
    thing: str
    name: str


@event("thing.poisoned.v1", subject="thing")
class ThingPoisoned:
    thing: str
    name: str


@event("thing.to_do.v1", subject="thing")
class ThingToDo:
    thing: str
    name: str


@event("thing.hanging.v1", subject="thing")
class ThingHanging:
    thing: str
    name: str


@command("probe_erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    pass


@command("probe_export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    pass
