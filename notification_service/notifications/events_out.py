"""What this service sends: nothing but what it says about the data of a person. Here people are told."""

from chassis.core.messages import command
from chassis.privacy.messages import Contribution, Receipt


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """What this service has erased of a person, has made anonymous, and keeps and why."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of what this service keeps of a person, for their own eyes."""
