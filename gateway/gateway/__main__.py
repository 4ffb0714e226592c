"""`python -m gateway render | check | start | reload | find`."""

from __future__ import annotations

import os
import subprocess
import sys

from gateway import nginx
from gateway.render import render
from gateway.settings import BadSetting, from_environment

USAGE = """\
usage: python -m gateway COMMAND      settings come from the environment, see .env.example

render   write the configuration into GATEWAY_HOME and print its path
check    render, then test it with nginx -t
start    render, then replace this process with nginx, in the foreground
reload   check, then have the running nginx apply it without losing a request
find     print the path of the nginx binary"""


def main(arguments: list[str]) -> int:
    match arguments:
        case ["find"]:
            print(nginx.find())
        case ["render"]:
            print(render(from_environment()))
        case ["check"]:
            return subprocess.run([*_command(), "-t"], check=False).returncode
        case ["reload"]:
            command = _command()
            return (
                subprocess.run([*command, "-t"], check=False).returncode
                or subprocess.run([*command, "-s", "reload"], check=False).returncode
            )
        case ["start"]:
            command = _command()
            nginx.end_orphans(from_environment().home / "nginx.pid")
            environment = {**os.environ, **nginx.inherited(os.environ)}
            os.execve(command[0], [*command, "-g", "daemon off;"], environment)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def _command() -> list[str]:
    binary = nginx.find()
    configuration = render(from_environment())
    return [str(binary), "-p", str(configuration.parent), "-c", str(configuration), "-e", "stderr"]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BadSetting, nginx.NoNginx) as error:
        sys.exit(str(error))
