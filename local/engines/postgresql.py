"""PostgreSQL 15 (Debian): one role and one database for each service, inaccessible to the others."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from registry import on

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import apt_install, give_to, run_as
from engines.place import Place

NAME, VERSION = "postgresql", "15"
SERVICES = on(NAME)
#: Required by Django 5.2.
LEAST = "14"
_BIN = Path(f"/usr/lib/postgresql/{VERSION}/bin")
_USER = "postgres"


def install() -> None:
    apt_install(f"postgresql-{VERSION}")


def url(place: Place, service: str) -> str:
    return f"postgres://{service}:{place.password(service)}@127.0.0.1:{place.port(NAME)}/{service}"


def daemon(place: Place) -> Daemon:
    folder, port = place.engine(NAME), place.port(NAME)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
    }
    return Daemon(
        name=NAME,
        folder=folder,
        command=[str(_BIN / "postgres"), "-D", str(folder / "data"), *(f"--{k}={v}" for k, v in options.items())],
        check=lambda: _check(place),
        user=_USER,
        stop_signal=signal.SIGINT,  # fast shutdown
    )


def start(place: Place) -> Daemon:
    folder = place.engine(NAME)
    if not (folder / "data" / "PG_VERSION").exists():
        secret = folder / "superuser"
        secret.write_text(place.password("postgresql-superuser"))
        secret.chmod(0o600)
        give_to(_USER, folder)
        command = [
            str(_BIN / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **run_as(_USER))
    server = daemon(place)
    server.start()
    for service in SERVICES:
        _provide(place, service)
    return server


def _provide(place: Place, service: str) -> None:
    """Create the service's role and database if they are missing. CREATEDB is for its test runs."""
    import psycopg2

    connection = psycopg2.connect(_superuser(place))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [service])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {service} LOGIN CREATEDB PASSWORD %s", [place.password(service)])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [service])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {service} OWNER {service}")
            cursor.execute(f"REVOKE ALL ON DATABASE {service} FROM PUBLIC")
    connection.close()


def empty(place: Place) -> None:
    """Empty each service's database."""
    import psycopg2

    for service in SERVICES:
        connection = psycopg2.connect(_superuser(place))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {service} WITH (FORCE)")
        connection.close()
        _provide(place, service)


def _superuser(place: Place) -> str:
    secret = place.password("postgresql-superuser")
    return f"postgres://postgres:{secret}@127.0.0.1:{place.port(NAME)}/postgres?connect_timeout=3"


def _check(place: Place) -> str:
    import psycopg2

    try:
        psycopg2.connect(_superuser(place)).close()
    except psycopg2.Error as error:
        return str(error).strip()
    return ""


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, the encoding and the access rights."""
    import psycopg2

    with closing(psycopg2.connect(_superuser(place))) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        yield from too_old(cursor.fetchone()[0].split()[0], LEAST)
        cursor.execute("SELECT datname, pg_encoding_to_char(encoding) FROM pg_database")
        encodings = dict(cursor.fetchall())
        for service in SERVICES:
            if service not in encodings:
                yield Fault(f"there is no database {service}", "make engines   makes it")
            elif encodings[service] != "UTF8":
                yield Fault(f"the database {service} is in {encodings[service]}", "Make it anew: ENCODING 'UTF8'")
            yield from _faults_of_role(cursor, service, encodings)
    for service in sorted(encodings.keys() & set(SERVICES)):
        try:
            psycopg2.connect(url(place, service), connect_timeout=3).close()
        except psycopg2.OperationalError as error:
            yield Fault(
                f"{service} cannot open its database: {error}".strip(),
                f"Has {service} the password of {place.folder}/engines.json?",
            )


def _faults_of_role(cursor: Any, service: str, databases: Collection[str]) -> Iterator[Fault]:
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = %s", [service])
    row = cursor.fetchone()
    if row is None:
        yield Fault(f"there is no role {service}", "make engines   makes it")
        return
    if row[0]:
        yield Fault(f"{service} may do everything", f"ALTER ROLE {service} NOSUPERUSER NOCREATEROLE")
    for other in sorted((set(databases) & set(SERVICES)) - {service}):
        cursor.execute("SELECT has_database_privilege(%s, %s, 'CONNECT')", [service, other])
        if cursor.fetchone()[0] and not row[0]:
            yield Fault(
                f"{service} may open the database {other}", f"REVOKE CONNECT ON DATABASE {other} FROM PUBLIC, {service}"
            )
