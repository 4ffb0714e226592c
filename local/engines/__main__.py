"""`python -m engines drivers|start|status|down`: called by `make engines` and related targets."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import ModuleType

from rich.console import Console

from engines import consul, elasticsearch, mariadb, mongodb, postgresql, rabbitmq, redis
from engines.daemon import DidNotStart
from engines.machine import CannotInstall, closed_to_others
from engines.place import Place

ENGINES: dict[str, ModuleType] = {
    engine.NAME: engine for engine in (postgresql, mariadb, mongodb, rabbitmq, redis, elasticsearch, consul)
}
#: dpkg runs once at a time.
_FROM_DEBIAN = (postgresql, mariadb, redis, rabbitmq)


def drivers(console: Console) -> bool:
    """Install the services' database drivers. One has no wheel and is compiled."""
    root = Path(__file__).resolve().parents[2]
    lock = root / "requirements-engines.lock"
    console.print("Installing the drivers that requirements-engines.lock names")
    try:
        mariadb.install_headers()
    except CannotInstall as error:
        console.print(f"  [red]failed[/] {error}")
        return False
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    command += ["--require-hashes", "--build-constraints", str(lock), "-r", str(lock)]
    return subprocess.run(command, check=False).returncode == 0


def start(place: Place, names: list[str], console: Console) -> bool:
    """Install what is missing and start what is not running; return whether all engines started."""
    if closed := closed_to_others(place.folder):
        console.print(f"  [red]failed[/] {closed} is closed to the servers' own users. Allow it by: chmod o+x {closed}")
        return False
    chosen = [ENGINES[name] for name in names]

    def debian() -> None:
        for engine in _FROM_DEBIAN:
            if engine in chosen:
                engine.install()

    def bring_up(engine: ModuleType) -> float:
        began = time.monotonic()
        if engine in _FROM_DEBIAN:
            packages.result()
        else:
            engine.install()
        engine.start(place)
        return time.monotonic() - began

    good = True
    with ThreadPoolExecutor(len(chosen) + 1) as pool:
        packages = pool.submit(debian)
        jobs = {pool.submit(bring_up, engine): engine for engine in chosen}
        for job in as_completed(jobs):
            engine = jobs[job]
            try:
                console.print(f"  [green]up[/]    {engine.NAME} {engine.VERSION}  {job.result():.0f} s")
            except (CannotInstall, DidNotStart) as error:
                good = False
                console.print(f"  [red]failed[/] {engine.NAME}: {error}")
    return good


def status(place: Place, names: list[str], console: Console) -> bool:
    good = True
    for name in names:
        daemon = ENGINES[name].daemon(place)
        reason = daemon.check() if daemon.pid else "does not run"
        good = good and not reason
        console.print(f"  {'[red]' + reason + '[/]' if reason else '[green]up[/]'}  {name}  pid {daemon.pid or '-'}")
    return good


def down(place: Place, names: list[str], console: Console) -> bool:
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: _stop(place, name), names))
    console.print("  all engines are down")
    return True


def _stop(place: Place, name: str) -> None:
    engine = ENGINES[name]
    engine.daemon(place).stop()
    if hasattr(engine, "after_stop"):
        engine.after_stop(place)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m engines", description=__doc__)
    parser.add_argument("what", choices=["drivers", "start", "status", "down"])
    parser.add_argument("--home", type=Path, help="the folder for their data")
    parser.add_argument("--only", nargs="*", choices=list(ENGINES), default=list(ENGINES))
    options = parser.parse_args()
    console = Console()
    if options.what == "drivers":
        return 0 if drivers(console) else 1
    if options.home is None:
        parser.error("--home is needed")
    place = Place(options.home.absolute())
    work = {"start": start, "status": status, "down": down}[options.what]
    return 0 if work(place, options.only, console) else 1


if __name__ == "__main__":
    sys.exit(main())
