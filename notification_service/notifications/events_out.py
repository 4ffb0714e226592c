"""Messages that this service sends: only answers about personal data."""

from chassis.core.messages import command
from chassis.privacy.messages import Contribution, Receipt


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """The data of a person that this service has erased, anonymized, and retained with a reason."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of the data that this service holds about a person, for that person's export."""
