"""PostgreSQL 15 (Debian): one role and one database a service, closed to the others."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from engines.daemon import Daemon
from engines.machine import apt_install, give_to, run_as
from engines.place import ON_POSTGRESQL, Place

NAME, VERSION = "postgresql", "15"
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
        command = [_BIN / "initdb", "-D", folder / "data", "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **run_as(_USER))
    server = daemon(place)
    server.start()
    for service in ON_POSTGRESQL:
        _provide(place, service)
    return server


def _provide(place: Place, service: str) -> None:
    """The service's role and database, if they are missing. CREATEDB is for its test runs."""
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
    """Each service's database as on its first day."""
    import psycopg2

    for service in ON_POSTGRESQL:
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
