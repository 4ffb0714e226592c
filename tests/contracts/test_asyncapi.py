"""The official parser refuses a document that is not AsyncAPI."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.lints import ROOT

EVENTS = ROOT / "docs" / "events"


def check(document: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(ROOT / "tests/contracts/asyncapi/check.sh"), str(document)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no node")
def test_a_document_with_an_unknown_action_is_refused(tmp_path):
    document = json.loads((EVENTS / "asyncapi.json").read_text())
    document["operations"]["orders.send.order.placed.v1"]["action"] = "shout"
    copies = tmp_path / "events"
    shutil.copytree(EVENTS, copies)
    (copies / "asyncapi.json").write_text(json.dumps(document))
    answer = check(copies / "asyncapi.json")
    if "NOT RUN" in answer.stderr:
        pytest.skip(answer.stderr.strip())
    assert answer.returncode == 1
    assert "action" in answer.stderr
