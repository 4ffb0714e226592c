"""Listening sockets that supervisord holds for a process, so that its port stays open while it restarts.

Connections wait in the socket's queue until the next one takes them. The process gets them by `launch.py`.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from run.processes import Process

Door = tuple[str, int]

#: The descriptors of the doors are at least this. supervisord closes what is below for each process that it starts.
LOWEST = 200
#: Connections that wait to be accepted.
_BACKLOG = 1024


@contextmanager
def opened(processes: Iterable[Process]) -> Iterator[Mapping[Door, int]]:
    """The doors of all processes, each with its descriptor, for a child to inherit. Raises OSError: a port is taken."""
    descriptors: dict[Door, int] = {}
    try:
        for door in (door for process in processes for door in process.doors):
            descriptors[door] = _open(door)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


def _open(door: Door) -> int:
    """Not blocking: that is how nginx wants it."""
    with socket.create_server(door, backlog=_BACKLOG) as made:
        made.setblocking(False)
        return fcntl.fcntl(made, fcntl.F_DUPFD, LOWEST)
