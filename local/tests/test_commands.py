"""The output of `make help`, `make install`, `make test` and `make check`."""

from __future__ import annotations

import os
import subprocess

import pytest
from run import test_all
from run.layout import ROOT
from run.suites import Suite, suites, suites_on


def test_make_alone_says_what_can_be_done():
    told = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("up", "down", "status", "logs", "doctor", "demo", "reset", "test", "check", "bench", "lock"):
        assert f"make {target} " in told


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "Python 3.11 or newer is needed"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt install python3-venv"),
        (None, "There is no"),
    ],
)
def test_a_python_that_will_not_do_is_named_with_what_to_do(tmp_path, script, said):
    python = tmp_path / "python3"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    environment = os.environ | {"PYTHON": str(python)}
    done = subprocess.run(
        ["sh", "local/install.sh", str(tmp_path / "venv")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "venv").exists()


def suite_of(tmp_path, text):
    (tmp_path / "tests").mkdir(exist_ok=True)
    (tmp_path / "tests/test_it.py").write_text(text)
    return Suite("it", tmp_path)


def test_the_closing_line_counts_and_what_could_not_run_is_said(tmp_path, capsys):
    text = "import pytest\n\ndef test_good(): pass\n\n@pytest.mark.skip('no engine here')\ndef test_away(): pass\n"
    result = test_all._run_one(suite_of(tmp_path, text))
    assert result.good
    assert test_all._close([result], 1.0, []) == 0
    told = capsys.readouterr().out
    assert "no engine here" in told
    assert "1 passed, 0 failed" in told.splitlines()[-1]


@pytest.mark.parametrize(("reason", "code"), [("no engine here", 1), ("only on MongoDB", 0)])
def test_a_skipped_test_is_a_failure_where_all_must_run(tmp_path, reason, code):
    text = f"import pytest\n\ndef test_good(): pass\n\n@pytest.mark.skip('{reason}')\ndef test_away(): pass\n"
    assert test_all._close([test_all._run_one(suite_of(tmp_path, text))], 1.0, [], whole=True) == code


@pytest.mark.parametrize("text", ["def test_bad(): assert not 1\n", "import no_such_module\n", "def test_x(:\n"])
def test_a_failure_is_never_counted_as_nothing(tmp_path, capsys, text):
    result = test_all._run_one(suite_of(tmp_path, text))
    assert not result.good
    assert test_all._close([result], 1.0, []) == 1
    assert "0 passed, 1 failed" in capsys.readouterr().out.splitlines()[-1]


def test_no_test_at_all_is_not_a_success(tmp_path):
    assert test_all._close([], 0.0, []) == 1


def test_every_folder_with_tests_is_in_a_suite(tmp_path):
    every = [*suites(), *suites_on(tmp_path)]
    known = {suite.folder / (suite.arguments[0] if suite.arguments else "tests") for suite in every}
    hidden = {".venv", "var", "node_modules"}
    for found in ROOT.rglob("test_*.py"):
        if hidden & set(found.relative_to(ROOT).parts) or "management" in found.parts or found.name == "test_all.py":
            continue
        assert any(folder in found.parents for folder in known), f"{found} is in no suite of run/suites.py"
