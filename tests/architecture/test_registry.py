"""`services.toml` lists every service, and every check that walks services covers all of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import mariadb, mongodb, postgresql, rabbitmq
from engines.place import Place
from registry import ENGINES, PORTS, ROOT, SERVICES, InvalidRegistry, read
from run import locks, secrets
from run.layout import Home, Ports
from run.processes import all_processes
from run.settings import Settings
from run.suites import suites, suites_on

from tests.architecture import lints
from tests.architecture.copies import copy_of_repository


def projects() -> dict[str, str]:
    """Return the folders of services as they are on disk: package -> folder."""
    found = {path.parents[1].name: path.parents[2].name for path in ROOT.glob("*_service/*/config/settings.py")}
    assert set(found.values()) == {path.name for path in ROOT.glob("*_service") if (path / "pyproject.toml").exists()}
    return found


def packages_of(folders: set[str]) -> set[str]:
    return {package for package, folder in projects().items() if folder in folders}


def of_import_contracts() -> set[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    lists = [config["root_packages"]]
    for contract in config["contracts"]:
        lists += [contract[key] for key in ("modules", "containers") if key in contract]
        if contract["name"] == "The chassis knows no service":
            lists.append(contract["forbidden_modules"])
    assert len(lists) == 4
    return set.intersection(*map(set, lists))


def of_types() -> set[str]:
    planned = subprocess.run(["make", "-n", "check-types"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {package for package in projects() if f" -p {package}" in planned} & set(SERVICES)


def of_gateway(tmp_path: Path) -> Path:
    command = [sys.executable, "-m", "gateway", "render"]
    environment = {"PATH": os.environ["PATH"], "GATEWAY_HOME": str(tmp_path)}
    subprocess.run(command, cwd=ROOT / "gateway", env=environment, check=True, capture_output=True)
    return tmp_path


def of_routes(tmp_path: Path) -> set[str]:
    text = "".join(path.read_text() for path in (of_gateway(tmp_path) / "routes").glob("*.conf"))
    upstreams = set(re.findall(r"^upstream (\w+)", (tmp_path / "upstreams.conf").read_text(), re.MULTILINE))
    return upstreams & set(re.findall(r"/api/v1/schemas/(\w+)/", text))


def of_docs_page(tmp_path: Path) -> set[str]:
    return set(re.findall(r"<option>(\w+)", (of_gateway(tmp_path) / "pages/docs/index.html").read_text()))


def of_rabbitmq(tmp_path: Path) -> set[str]:
    users = rabbitmq.definitions(Place(tmp_path))["users"]
    assert isinstance(users, list)
    return {user["name"] for user in users}


def of_processes(tmp_path: Path) -> set[str]:
    home = Home(tmp_path)
    home.make()
    secrets.ensure(home)
    return {process.name.removesuffix("-web") for process in all_processes(Settings(home, Ports()))}


COVERED: dict[str, Callable[[Path], set[str]]] = {
    "registry": lambda _: set(SERVICES),
    "house rules": lambda _: {source.service for source in lints.product_files() if source.service},
    "import contracts": lambda _: of_import_contracts(),
    "types": lambda _: of_types(),
    "locks": lambda _: packages_of({lock.file.parent.name for lock in locks.locks()}),
    "gateway routes": of_routes,
    "docs page": of_docs_page,
    "suites": lambda _: packages_of({suite.folder.name for suite in suites()}),
    "suites on real engines": lambda path: packages_of({suite.folder.name for suite in suites_on(path)}),
    "databases": lambda _: {*postgresql.SERVICES, mongodb.SERVICE, mariadb.SERVICE},
    "broker": of_rabbitmq,
    "processes": of_processes,
}


@pytest.mark.parametrize("check", COVERED)
def test_the_check_covers_every_service(check, tmp_path):
    assert projects().keys() - COVERED[check](tmp_path) == set()


def test_every_service_is_where_the_registry_says():
    assert {name: service.folder for name, service in SERVICES.items()} == projects()


def test_a_service_that_is_left_out_turns_every_check_red(tmp_path):
    """Also the check that its folder is in the registry."""
    folder = copy_of_repository(tmp_path)
    text = (folder / "services.toml").read_text()
    (folder / "services.toml").write_text(re.sub(r"\[reviews\].*", "", text, flags=re.DOTALL))
    subprocess.run([sys.executable, "-m", "run.generated"], cwd=folder / "local", check=True, capture_output=True)
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--color=no", "-p", "no:cacheprovider"]
    command += ["-k", "covers or where", "tests/architecture/test_registry.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    green = [check for check in COVERED if f"test_the_check_covers_every_service[{check}]" not in done.stdout]
    assert green == [], done.stdout
    assert "test_every_service_is_where_the_registry_says" in done.stdout


ENTRY = {
    "folder": "wish_service",
    "port": PORTS[0],
    "engine": ENGINES[0],
    "prefixes": ["/api/v1/wishes/"],
    "color": "#000000",
    "owns": "wishes",
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"port": 8101}, "wishes: the port"),
        ({"engine": "oracle"}, "wishes: the engine"),
        ({"folder": "wishes"}, "wishes: a name"),
        ({"colour": "red"}, "wishes: .*colour"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(tmp_path, changes, reason):
    file = tmp_path / "services.toml"
    fields = {**ENTRY, **changes}
    file.write_text("[wishes]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items()))
    with pytest.raises(InvalidRegistry, match=reason):
        read(file)


def test_two_services_do_not_share_a_port(tmp_path):
    file = tmp_path / "services.toml"
    entry = "".join(f"{key} = {json.dumps(value)}\n" for key, value in ENTRY.items())
    file.write_text(f"[wishes]\n{entry}[dreams]\n{entry.replace('wish_', 'dream_')}")
    with pytest.raises(InvalidRegistry, match="two services have the port 21"):
        read(file)
