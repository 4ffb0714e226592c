"""The README's commands do what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from run.layout import ROOT
from run.system import System


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed: the README's commands could not be run")
def test_its_commands_end_in_an_order(system: System) -> None:
    (commands,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands.replace("http://127.0.0.1:8080", system.url("").rstrip("/"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    typing_error, kitchen, timeline = _documents(done.stdout)
    assert typing_error["corrected"] == "lamp"
    assert kitchen["results"]
    assert timeline[0]["step"] == "placed"


def _documents(text: str) -> list:
    """Return the JSON documents in a text."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
