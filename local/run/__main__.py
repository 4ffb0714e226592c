"""`python -m run COMMAND`: called by the Makefile."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engines.machine import free_port
from rich.console import Console

from run.layout import DEFAULT_PORT_BASE, SERVICES, Home, default_home, real_engines
from run.prepare import PreparationFailed
from run.processes import NoRedis, web
from run.supervision import DidNotStop, NotRunning
from run.system import EnginesAway, NotHealthy, PortInUse, System

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
FAILURES = (EnginesAway, PortInUse, PreparationFailed, NotHealthy, NotRunning, DidNotStop, NoRedis)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except FAILURES as error:
        console.print(f"[bold red]{error}[/]")
        return 1
    except KeyboardInterrupt:
        return 130


def up(options: argparse.Namespace) -> int:
    engines = real_engines(Home(Path(options.home)), wanted=options.engines)
    system = System(options.home, options.port_base, dict(options.set), console.print, options.without, engines)
    if system.running:
        console.print("Souk runs already; looking whether it is well.")
        return _start(System.remembered(options.home, console.print), with_demo=False)
    return _start(system, with_demo=not options.no_demo)


def _start(system: System, *, with_demo: bool) -> int:
    from run import demo, report

    started = time.monotonic()
    system.start()
    good = demo.run(system, console) if with_demo else True
    report.addresses(system, console)
    console.print(f"Up in {time.monotonic() - started:.0f} s.")
    return 0 if good else 1


def down(options: argparse.Namespace) -> int:
    system = System.remembered(options.home, console.print)
    was = system.running
    system.stop()
    console.print("Souk is down; its data stay." if was else "Souk was not running.")
    return 0


def restart(options: argparse.Namespace) -> int:
    """Restart with the ports, settings and engines of the last start."""
    system = System.remembered(options.home, console.print)
    if not system.home.remembered.exists():
        console.print("There is nothing to restart: `make up` starts Souk.")
        return 1
    system.stop()
    return _start(system, with_demo=not options.no_demo)


def reset(options: argparse.Namespace) -> int:
    system = System.remembered(options.home, console.print)
    if not options.yes and sys.stdin.isatty():
        answer = console.input(f"Forget all data, keys and logs in {system.home.path}? (yes/no) ")
        if answer.strip().lower() != "yes":
            return 1
    system.reset()
    console.print("All data, keys and logs are gone. `make up` begins anew.")
    return 0


def status(options: argparse.Namespace) -> int:
    from run import report

    return report.status(System.remembered(options.home), console)


def logs(options: argparse.Namespace) -> int:
    from run import report

    return report.logs(System.remembered(options.home), options.service, lines=options.lines, follow=options.follow)


def doctor(options: argparse.Namespace) -> int:
    from run.doctor import examine

    return examine(System.remembered(options.home), console)


def demo_order(options: argparse.Namespace) -> int:
    from run import demo

    return 0 if demo.run(System.remembered(options.home), console, told=True) else 1


def instance(options: argparse.Namespace) -> int:
    """Replace this process with the web process; Ctrl-C or SIGTERM shuts it down in order."""
    system = System.remembered(options.home)
    if system.running and system.settings.addresses.consul_dns:
        port = options.port or free_port()
        process = web(options.service, system.settings, port)
        console.print(f"{options.service} on port {port}, beside the others. Ctrl-C ends it.")
        os.chdir(process.folder)
        os.execve(process.command[0], process.command, process.environment)
    console.print("One more instance is found by Consul: start Souk by `make up ENGINES=real` first.")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m run", description="Souk's embedded run.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--home", default=str(default_home().path), help="the system's folder (or SOUK_HOME)")
        one.set_defaults(run=function)
        return one

    one = command("up", up, "start everything")
    base = int(os.environ.get("SOUK_PORT_BASE") or DEFAULT_PORT_BASE)
    one.add_argument("--port-base", type=int, default=base, help="the gateway's port (or SOUK_PORT_BASE)")
    one.add_argument("--set", type=_setting, action="append", default=[], metavar="[SERVICE.]NAME=VALUE")
    one.add_argument("--without", action="append", default=[], metavar="SERVICE", help="do not start this one")
    one.add_argument(
        "--engines",
        choices=["embedded", "real"],
        default=os.environ.get("SOUK_ENGINES"),
        help="what to run on (or SOUK_ENGINES); real: see make engines",
    )
    one.add_argument("--no-demo", action="store_true", help="do not drive a demo order")
    one = command("restart", restart, "stop and start everything, as it was last started")
    one.add_argument("--no-demo", action="store_true", help="do not drive a demo order")
    command("down", down, "stop everything; the data stay")
    command("status", status, "what runs")
    command("doctor", doctor, "what is wrong, and what to do")
    one = command("instance", instance, "one more web process of a service, in the foreground (with Consul)")
    one.add_argument("service", choices=list(SERVICES))
    one.add_argument("--port", type=int, default=0, help="its port; any free one without this")
    command("demo", demo_order, "drive one order through the gateway, told step by step")
    one = command("logs", logs, "the last lines of a service's or a process's log")
    one.add_argument("service", nargs="?", default="")
    one.add_argument("-n", "--lines", type=int, default=40)
    one.add_argument("-f", "--follow", action="store_true")
    one = command("reset", reset, "stop everything and forget all data")
    one.add_argument("--yes", action="store_true")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
