"""Listening sockets that supervisord holds for a process, so that its port stays open during restarts.

Connections wait in the socket's queue until the new process accepts them. `launch.py` hands the sockets over.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from run.processes import Process

Door = tuple[str, int]

#: The lowest descriptor for the sockets. supervisord closes lower ones for each process that it starts.
LOWEST = 200
#: The longest queue of connections that wait to be accepted.
_BACKLOG = 1024


@contextmanager
def opened(processes: Iterable[Process]) -> Iterator[Mapping[Door, int]]:
    """Open the sockets of all processes for a child to inherit. Raises OSError when a port is taken."""
    descriptors: dict[Door, int] = {}
    try:
        for door in (door for process in processes for door in process.doors):
            descriptors[door] = _open(door)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


def _open(door: Door) -> int:
    """Open one socket, non-blocking, as nginx requires."""
    with socket.create_server(door, backlog=_BACKLOG) as made:
        made.setblocking(False)
        return fcntl.fcntl(made, fcntl.F_DUPFD, LOWEST)
