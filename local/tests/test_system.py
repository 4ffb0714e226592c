"""Start and status of a system, without the services."""

from __future__ import annotations

import os
import socket

import pytest
from engines.machine import is_free
from run import System, ports
from run.__main__ import main
from run.system import PortInUse

BASE = 23080


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind(("127.0.0.1", BASE + 99))
        server.listen()
        yield BASE + 99


def test_a_port_in_use_is_named_with_who_holds_it(tmp_path, taken):
    with pytest.raises(PortInUse) as error:
        System(tmp_path, BASE).start()
    assert f"port {taken}, wanted by redis" in str(error.value)
    assert f"process {os.getpid()}" in str(error.value)
    assert "SOUK_PORT_BASE" in str(error.value)


def test_the_command_line_says_so_too_and_fails(tmp_path, taken, capsys):
    assert main(["up", "--home", str(tmp_path), "--port-base", str(BASE)]) == 1
    assert "wanted by redis" in capsys.readouterr().out


def test_stopping_what_does_not_run_is_harmless(tmp_path, capsys):
    assert main(["down", "--home", str(tmp_path)]) == 0
    assert "not running" in capsys.readouterr().out


def test_the_doctor_says_what_to_do_about_what_does_not_run(tmp_path, capsys):
    assert main(["doctor", "--home", str(tmp_path)]) == 1
    assert "make up" in capsys.readouterr().out


def test_status_of_what_does_not_run(tmp_path, capsys):
    assert main(["status", "--home", str(tmp_path)]) == 3
    assert "make up" in capsys.readouterr().out


def test_reset_forgets_data_and_keys_and_nothing_beside_them(tmp_path):
    home = tmp_path / "souk"
    system = System(home, BASE)
    system.home.make()
    (system.home.data / "orders.sqlite3").write_text("x")
    (home / "notes.txt").write_text("mine")
    assert main(["reset", "--yes", "--home", str(home)]) == 0
    assert [path.name for path in home.iterdir()] == ["notes.txt"]


def test_options_are_remembered_for_down_and_status(tmp_path):
    system = System(tmp_path, BASE, {"orders.PAYMENT_WINDOW_SECONDS": "5"}, without=["reviews"])
    system.home.make()
    system._remember()
    again = System.remembered(tmp_path)
    assert again.ports.base == BASE
    assert again.settings.extra == {"orders.PAYMENT_WINDOW_SECONDS": "5"}
    assert again.settings.services == [
        "users",
        "products",
        "orders",
        "payments",
        "shipping",
        "notifications",
    ]


def test_a_restart_is_as_the_last_start_was(tmp_path, taken, capsys, monkeypatch):
    monkeypatch.setenv("SOUK_PORT_BASE", "24080")
    monkeypatch.setenv("SOUK_ENGINES", "real")
    system = System(tmp_path, BASE)
    system.home.make()
    system._remember()
    assert main(["restart", "--home", str(tmp_path)]) == 1
    assert f"port {taken}, wanted by redis" in capsys.readouterr().out


def test_a_system_that_never_ran_is_not_restarted(tmp_path, capsys):
    assert main(["restart", "--home", str(tmp_path)]) == 1
    assert "make up" in capsys.readouterr().out


def test_a_free_port_is_free_and_a_holder_can_be_named(taken):
    assert is_free(taken + 1)
    assert not is_free(taken)
    assert ports.holder(taken).pid == os.getpid()
    assert ports.holder(taken + 1) is None


def test_a_long_folder_still_gets_a_socket(tmp_path):
    deep = tmp_path / ("x" * 120)
    assert len(str(System(deep).home.supervisor_socket)) < 100


def test_logs_of_an_unknown_service_name_the_known_ones(tmp_path, capsys):
    system = System(tmp_path, BASE)
    system.home.make()
    (system.home.logs / "orders-web.log").write_text("{}\n")
    assert main(["logs", "nobody", "--home", str(tmp_path)]) == 1
    assert "orders-web" in capsys.readouterr().err
