"""Replace this process with a managed one: `launch.py FILE NAME`. Keeps secrets out of supervisor's configuration.

The process appends to its log itself: supervisor's pipe would cost as much CPU as a message.
Sockets are passed as systemd does it: from descriptor 3 on, with their number in LISTEN_FDS.
"""

import json
import os
import sys

FIRST = 3


def take(doors: list[int], open_ones: list[int]) -> dict[str, str]:
    """Keep these open sockets; return the environment variables that describe them."""
    for place, door in enumerate(doors, start=FIRST):
        os.dup2(door, place)
    for door in open_ones:
        os.close(door)
    return {"LISTEN_FDS": str(len(doors)), "LISTEN_PID": str(os.getpid())} if doors else {}


def write_to(log: str) -> None:
    """Append all output to the file."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        processes = json.load(file)
    process = processes[sys.argv[2]]
    told = take(process["doors"], [door for each in processes.values() for door in each["doors"]])
    write_to(process["log"])
    os.chdir(process["folder"])
    os.execve(process["command"][0], process["command"], process["environment"] | told)
