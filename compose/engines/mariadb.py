"""MariaDB 10.11 (Debian), for orders: READ COMMITTED, strict, utf8mb4."""

from __future__ import annotations

import subprocess

from engines.daemon import Daemon
from engines.machine import apt_install, give_to, run_as
from engines.place import Place

NAME, VERSION = "mariadb", "10.11"
_USER = "mysql"
SERVICE = "orders"


def install() -> None:
    apt_install("mariadb-server", "mariadb-client")


def install_headers() -> None:
    """What the driver `mysqlclient` is compiled with."""
    apt_install("default-libmysqlclient-dev", "pkg-config", "gcc")


def url(place: Place) -> str:
    return f"mysql://{SERVICE}:{place.password(SERVICE)}@127.0.0.1:{place.port(NAME)}/{SERVICE}"


def daemon(place: Place) -> Daemon:
    folder, port = place.engine(NAME), place.port(NAME)
    options = {
        "datadir": folder / "data",
        "bind-address": "127.0.0.1",
        "port": port,
        "socket": folder / "mariadb.sock",
        "pid-file": folder / "mariadb-own.pid",
        "transaction-isolation": "READ-COMMITTED",
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_unicode_ci",
        "sql-mode": "TRADITIONAL",
        "innodb-buffer-pool-size": "128M",
        "max-connections": 200,
        "skip-name-resolve": 1,
    }
    return Daemon(
        name=NAME,
        folder=folder,
        command=["/usr/sbin/mariadbd", "--no-defaults", *(f"--{name}={value}" for name, value in options.items())],
        check=lambda: _check(place),
        user=_USER,
    )


def start(place: Place) -> Daemon:
    folder = place.engine(NAME)
    give_to(_USER, folder)
    if not (folder / "data" / "mysql").exists():
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}", "--skip-test-db"]
        command.append("--auth-root-authentication-method=normal")
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **run_as(_USER))
    server = daemon(place)
    server.start()
    _provide(place)
    return server


def _provide(place: Place) -> None:
    """The service's user and database. The second pattern is for its test runs."""
    secret = place.password(SERVICE)
    _sql(
        place,
        f"CREATE DATABASE IF NOT EXISTS {SERVICE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
        f"CREATE USER IF NOT EXISTS '{SERVICE}'@'127.0.0.1' IDENTIFIED BY '{secret}';"
        f"GRANT ALL ON {SERVICE}.* TO '{SERVICE}'@'127.0.0.1';"
        f"GRANT ALL ON `test\\_{SERVICE}%`.* TO '{SERVICE}'@'127.0.0.1';",
    )


def empty(place: Place) -> None:
    """The service's database as on its first day."""
    _sql(place, f"DROP DATABASE IF EXISTS {SERVICE}")
    _provide(place)


def _sql(place: Place, text: str) -> None:
    """As root over the socket, which only root and the server's user can open."""
    command = ["mariadb", "--no-defaults", "-uroot", f"--socket={place.engine(NAME) / 'mariadb.sock'}"]
    subprocess.run([*command, "-e", text], check=True, capture_output=True, text=True)


def _check(place: Place) -> str:
    try:
        _sql(place, "SELECT 1")
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip()
    return ""
