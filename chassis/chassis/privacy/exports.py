"""Hand out a copy of what is kept of a person, in parts that a broker takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.conf import settings
from rest_framework.utils.encoders import JSONEncoder

from chassis.inbox.handlers import Context
from chassis.outbox.recorder import record
from chassis.privacy.erasures import personal_data
from chassis.privacy.messages import ExportRequested
from chassis.transactions import unit_of_work

#: Characters of a part, about.
LONGEST = 100_000


def on_export_requested(message: ExportRequested, context: Context) -> None:
    """Reply with all parts of the current data."""
    unit_of_work().flush()
    described = personal_data()
    documents = list(_documents(message))
    record(
        described.contribution(
            export_id=message.export_id,
            user_id=message.user_id,
            service=settings.SERVICE_NAME,
            part=number,
            parts=len(documents),
            document=document,
        )
        for number, document in enumerate(documents, start=1)
    )


def _documents(message: ExportRequested) -> Iterator[str]:
    """Yield JSON objects of rows by section, at least one."""
    part: dict[str, list[object]] = {}
    length = 0
    for section, rows in personal_data().collect(message.user_id).items():
        part.setdefault(section, [])
        for row in rows:
            plain = json.loads(json.dumps(row, cls=JSONEncoder))
            if length > LONGEST:
                yield json.dumps(part, ensure_ascii=False)
                part, length = {section: []}, 0
            part[section].append(plain)
            length += len(str(plain))
    yield json.dumps(part, ensure_ascii=False)
