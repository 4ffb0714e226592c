"""The runner of all suites."""

from __future__ import annotations

from pathlib import Path

from run.suites import Suite
from run.test_all import environment_of


def test_a_suite_is_told_what_tests_read_and_no_setting_of_a_running_souk(monkeypatch):
    monkeypatch.setenv("SOUK_PROVIDER_SPECS", "specs")
    monkeypatch.setenv("SOUK_STRIPE_MOCK", "stripe-mock")
    monkeypatch.setenv("SOUK_HOME", "of the shell")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "of the shell")
    told = environment_of(Suite("x", Path(), environment={"DATABASE_URL": "sqlite://"}))
    assert (told["SOUK_PROVIDER_SPECS"], told["SOUK_STRIPE_MOCK"]) == ("specs", "stripe-mock")
    assert told["DATABASE_URL"] == "sqlite://"
    assert not {"SOUK_HOME", "DJANGO_SETTINGS_MODULE"} & set(told)
