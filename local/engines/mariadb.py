"""MariaDB 10.11 (Debian) for one service: READ COMMITTED, strict, utf8mb4."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from registry import on

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import apt_install, give_to, run_as
from engines.place import Place

NAME, VERSION = "mariadb", "10.11"
#: Required by Django 5.2.
LEAST = "10.5"
_USER = "mysql"
#: The service that uses it.
(SERVICE,) = on(NAME)


def install() -> None:
    apt_install("mariadb-server", "mariadb-client")


def install_headers() -> None:
    """Install the headers that `mysqlclient` is compiled with."""
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
    """Create the service's user and database. The second pattern is for its test runs."""
    secret = place.password(SERVICE)
    _sql(
        place,
        f"CREATE DATABASE IF NOT EXISTS {SERVICE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
        f"CREATE USER IF NOT EXISTS '{SERVICE}'@'127.0.0.1' IDENTIFIED BY '{secret}';"
        f"GRANT ALL ON {SERVICE}.* TO '{SERVICE}'@'127.0.0.1';"
        f"GRANT ALL ON `test\\_{SERVICE}%`.* TO '{SERVICE}'@'127.0.0.1';",
    )


def empty(place: Place) -> None:
    """Empty the service's database."""
    _sql(place, f"DROP DATABASE IF EXISTS {SERVICE}")
    _provide(place)


def _sql(place: Place, text: str) -> list[list[str]]:
    """Run SQL as root over the socket, which only root and the server's user can open; return the rows."""
    command = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "-uroot"]
    command += [f"--socket={place.engine(NAME) / 'mariadb.sock'}", "-e", text]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def _check(place: Place) -> str:
    try:
        _sql(place, "SELECT 1")
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip()
    return ""


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, isolation level, strict mode, character set and permissions of the service's user."""
    wanted = "@@version, @@global.tx_isolation, @@global.sql_mode, @@global.default_storage_engine"
    ((version, isolation, mode, storage),) = _sql(place, f"SELECT {wanted}")
    yield from too_old(version, LEAST)
    if isolation != "READ-COMMITTED":
        yield Fault(f"transactions are {isolation}", "Start it with --transaction-isolation=READ-COMMITTED")
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(mode.split(",")):
        yield Fault("it cuts off what is too long (no strict mode)", "Start it with --sql-mode=TRADITIONAL")
    if storage != "InnoDB":
        yield Fault(
            f"new tables are {storage}, which knows no transactions", "Start it with --default-storage-engine=InnoDB"
        )
    yield from _faults_of_database(place)
    yield from _faults_of_user(place)


def _faults_of_database(place: Place) -> Iterator[Fault]:
    columns = "default_character_set_name FROM information_schema.schemata"
    found = _sql(place, f"SELECT {columns} WHERE schema_name = '{SERVICE}'")
    if not found:
        yield Fault(f"there is no database {SERVICE}", "make engines   makes it")
    elif found[0] != ["utf8mb4"]:
        yield Fault(f"the database {SERVICE} is in {found[0][0]}", f"ALTER DATABASE {SERVICE} CHARACTER SET utf8mb4")


def _faults_of_user(place: Place) -> Iterator[Fault]:
    if not _sql(place, f"SELECT 1 FROM mysql.user WHERE user = '{SERVICE}' AND host = '127.0.0.1'"):
        yield Fault(f"there is no user {SERVICE}", "make engines   makes it")
        return
    grants = [line for (line,) in _sql(place, f"SHOW GRANTS FOR '{SERVICE}'@'127.0.0.1'")]
    own = (f"`{SERVICE}`.*", f"`test\\\\_{SERVICE}%`.*")
    for grant in grants:
        if not grant.startswith("GRANT USAGE") and not any(f" ON {database} " in grant for database in own):
            what = grant.partition(" TO ")[0].removeprefix("GRANT ")
            yield Fault(f"{SERVICE} may do more than it should: {what}", f"REVOKE {what} FROM '{SERVICE}'@'127.0.0.1'")
    if not any(f" ON {own[0]} " in grant for grant in grants):
        yield Fault(f"{SERVICE} may not use its database", "make engines   grants it")
