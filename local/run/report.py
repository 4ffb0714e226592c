"""The addresses, states and logs of a system, for people."""

from __future__ import annotations

import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from run.processes import files_of
from run.supervision import NotRunning
from run.system import System

#: Some of the accounts in `demo/users/accounts.toml`.
ACCOUNTS = (
    ("Staff, everything", "admin@souk.example", "open-sesame-staff"),
    ("Staff, support only", "support@souk.example", "open-sesame-staff"),
    ("Customer", "mira@example.com", "open-sesame-shop"),
)


def addresses(system: System, console: Console) -> None:
    table = Table.grid(padding=(0, 3))
    for what, where in (
        ("Shop (API)", system.url("/")),
        ("API documents", system.url("/api/docs/")),
        ("Staff", system.url("/", staff=True)),
        ("Mailbox", system.url("/mailbox/", staff=True)),
    ):
        table.add_row(f"  {what}", where)
    console.print("\n[bold]Addresses[/]")
    console.print(table)
    accounts = Table.grid(padding=(0, 3))
    for who, email, password in ACCOUNTS:
        accounts.add_row(f"  {who}", email, password)
    console.print("\n[bold]Accounts[/] (made for this demo; their passwords are public)")
    console.print(accounts)


def status(system: System, console: Console) -> int:
    """Print a table of the processes; return 0 when all are well."""
    try:
        states = system.supervisor.states()
    except NotRunning:
        console.print("Souk is not running. `make up` starts it.")
        return 3
    unhealthy = system.unhealthy()
    table = Table("process", "state", "pid", "up", "health", box=None)
    for name, facts in states.items():
        seconds = int(time.time() - facts["start"]) if facts["pid"] else 0
        health = unhealthy.get(name, "ok")
        table.add_row(
            name,
            facts["statename"].lower(),
            str(facts["pid"] or "-"),
            f"{seconds // 60}:{seconds % 60:02}",
            "[green]ok[/]" if health == "ok" else f"[red]{health}[/]",
        )
    console.print(table)
    return 1 if unhealthy else 0


def logs(system: System, service: str, *, lines: int, follow: bool) -> int:
    """Print the end of a service's logs, or of all logs."""
    files = files_of(system.home, service) if service else sorted(system.home.logs.glob("*.log"))
    if not files:
        known = sorted({path.stem for path in system.home.logs.glob("*.log")})
        print(f"No log of {service!r} in {system.home.logs}. There are: {', '.join(known) or 'none'}", file=sys.stderr)
        return 1
    command = ["tail", "-n", str(lines), *(["-f"] if follow else []), *map(str, files)]
    return subprocess.run(command, check=False).returncode
