"""Settings plug in the embedded run; no other process imports it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = (
    "import probe.celery, sys; print(*sorted(name for name in sys.modules if name.startswith('chassis.embedded.')))"
)
TRANSPORT, RELAY_AND_BEAT = "chassis.embedded.redis_transport", "chassis.embedded.relay_and_beat"


@pytest.mark.parametrize(
    ("broker", "relay_and_beat", "imported"),
    [
        ("amqp://broker.test", "false", []),
        ("amqp://broker.test", "true", [RELAY_AND_BEAT]),
        ("redis://broker.test", "false", [TRANSPORT]),
        ("redis://broker.test", "true", [TRANSPORT, RELAY_AND_BEAT]),
    ],
)
def test_a_worker_imports_only_the_embedded_parts_that_its_settings_name(broker, relay_and_beat, imported):
    env = {**os.environ, "BROKER_URL": broker, "WORKER_RUNS_RELAY_AND_BEAT": relay_and_beat, "LOG_LEVEL": "ERROR"}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=Path(__file__).parent, env=env, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == imported
