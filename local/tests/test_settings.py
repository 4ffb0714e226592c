"""The environment of each process."""

from __future__ import annotations

import pytest
from run import secrets
from run.layout import SERVICES, Home, Ports, project_folder
from run.settings import Settings


@pytest.fixture
def settings(tmp_path):
    home = Home(tmp_path)
    home.make()
    secrets.ensure(home)
    return Settings(home, Ports(19080), {"LOG_LEVEL": "DEBUG", "orders.PAYMENT_WINDOW_SECONDS": "5"})


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_is_left_with_an_address_of_another_system(settings, service):
    """Every local address in `.env.example` must be set here, or a second system would use the first one's services."""
    lines = (project_folder(service) / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    local = {name for name, value in example.items() if "127.0.0.1" in value or "localhost" in value}
    environment = settings.service(service)
    assert local <= environment.keys()
    for name in local:
        port = int(environment[name].split("127.0.0.1:")[1].split("/")[0])
        assert 19080 <= port < 19080 + 112, f"{name} leads to {environment[name]}"


def test_a_setting_reaches_all_or_just_the_service_that_it_names(settings):
    assert settings.service("orders")["PAYMENT_WINDOW_SECONDS"] == "5"
    assert "PAYMENT_WINDOW_SECONDS" not in settings.service("payments")
    assert settings.service("payments")["LOG_LEVEL"] == settings.sandbox()["LOG_LEVEL"] == "DEBUG"


def test_the_developers_shell_does_not_leak_in(settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/precious")
    monkeypatch.setenv("DEBUG", "true")
    environment = settings.service("orders")
    assert environment["DATABASE_URL"].startswith(f"sqlite:///{settings.home.path}")
    assert "DEBUG" not in environment


def test_each_service_has_a_secret_and_a_database_of_its_own(settings):
    environments = [settings.service(name) for name in SERVICES]
    assert len({environment["SECRET_KEY"] for environment in environments}) == len(SERVICES)
    assert len({environment["DATABASE_URL"] for environment in environments}) == len(SERVICES)


@pytest.mark.parametrize("name", ["ADMIN_SERVICES", "PERSONAL_DATA_SERVICES"])
def test_every_service_is_named_where_a_service_asks_for_all(settings, name):
    assert settings.service("users")[name].split(",") == list(SERVICES)


def test_secrets_are_made_once_and_are_for_their_owner_only(settings):
    before = secrets.read(settings.home)
    secrets.ensure(settings.home)
    assert secrets.read(settings.home) == before
    assert settings.home.secrets.stat().st_mode & 0o077 == 0
    key = secrets.ensure_signing_key(settings.home.keys / "shipping.pem")
    assert key.stat().st_mode & 0o077 == 0


def test_all_ports_follow_from_one_and_none_is_used_twice():
    first, second = Ports(8080).all().values(), Ports(9080).all().values()
    assert len(set(first)) == len(first) == 5 + 2 * len(SERVICES)
    assert not set(first) & set(second)
