"""The documents name only what exists, and each check fails on a planted error."""

from __future__ import annotations

import pytest

from tests.architecture import documents
from tests.architecture.documents import Document

PLANTED = {
    documents.links_lead_somewhere: ["[more](no-such-page.md)", "[more](../docs/adr/9999-nothing.md#here)"],
    documents.paths_exist: ["See `docs/no_such_file.md`.", "See `chassis/no_such_module.py`.", "`tests/no_such_suite`"],
    documents.files_exist: ["See `no_such_file.py`."],
    documents.make_targets_exist: ["Run `make coffee`.", "```\nmake coffee\n```"],
    documents.manage_commands_exist: ["Run `manage.py make_coffee`."],
    documents.settings_exist: ["Set `NO_SUCH_SETTING`.", "Set `NO_SUCH_SETTING=7`."],
    documents.message_types_exist: ["It sends `order.vanished.v1`.", "It sends `order.vanished`."],
    documents.modules_exist: ["See `chassis.no_such_module`.", "See `orders.domain.states.NoSuchName`."],
}

GOOD = """
See [the design](architecture.md), `docs/architecture.md`, `chassis/discovery.py`, `events_in.py`, `application/json`.
Run `make up`, `manage.py migrate` and `manage.py replay`. Set `DATABASE_URL=postgres://` or `SECRET_KEY_FILE`.
It sends `order.placed.v1`, or `order.placed`. See `chassis.core.money.Money` and `orders.domain`.
"""


def test_the_documents_name_only_what_exists():
    assert [line for document in documents.documents() for line in documents.wrong(document)] == []


def test_all_documents_are_read():
    read = {document.path for document in documents.documents()}
    assert {"README.md", "docs/architecture.md", "order_service/README.md", "docs/runbooks/money.md"} <= read


@pytest.mark.parametrize("check", documents.CHECKS, ids=lambda check: check.__name__)
def test_the_check_bites(check):
    assert PLANTED[check], "a check that nobody has seen fail"
    for text in PLANTED[check]:
        assert list(check(Document("docs/planted.md", text))), text


def test_the_checks_accept_good_text():
    assert documents.wrong(Document("docs/planted.md", GOOD)) == []
