"""The check of the locks."""

from __future__ import annotations

import pytest
from run import locks
from run.locks import Lock


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "ROOT", tmp_path)

    def written(name: str, *pins: str, requirements: tuple[str, ...] = ()) -> Lock:
        (tmp_path / name).write_text("".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins))
        return Lock(tmp_path / name, requirements)

    return written


def test_a_lock_that_follows_its_projects_is_good(lock):
    assert lock("a.lock", "django==5.2.19", requirements=("django>=5.2,<5.3",)).problems() == []


@pytest.mark.parametrize(
    ("pin", "requirement"), [("django==5.1", "django>=5.2"), ("redis==8.1", "django>=5.2"), ("django>=5.2", "django")]
)
def test_a_lock_that_no_longer_follows_is_named(lock, pin, requirement):
    found = lock("a.lock", pin, requirements=(requirement,)).problems()
    assert found
    assert all(line.startswith("a.lock") for line in found)


def test_locks_that_pin_different_versions_are_named(lock):
    root = lock("a.lock", "django==5.2.19", "numpy==2.1 ; python_version < '3.12'", "numpy==2.2")
    assert locks.disagreements([root, lock("b.lock", "django==5.2.19", "numpy==2.2")]) == []
    assert locks.disagreements([root, lock("c.lock", "django==5.2.18")]) == [
        "c.lock and a.lock have django at different versions: make lock"
    ]
