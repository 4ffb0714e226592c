"""Child process of `run.prepare`, in a service's folder and environment: migrations, queues, demo data, static files.

One process for all steps, because importing Django costs more than each of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path.cwd())  # the service's folder instead of this one


def main(work: set[str]) -> None:
    import django
    from django.core.management import call_command, get_commands

    django.setup(set_prefix=False)
    if "migrate" in work:
        call_command("migrate", interactive=False, verbosity=0)
    if "declare_queues" in work:
        # Before any process starts, because an event only reaches existing queues.
        call_command("declare_queues")
    if "load_demo" in work and "load_demo" in get_commands():
        call_command("load_demo")
    if "collectstatic" in work:
        call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
