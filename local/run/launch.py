"""Becomes one process: `launch.py FILE NAME`. So supervisor's own file needs no secrets and no quoting.

Doors are handed over as systemd does it: the first as descriptor 3, and their number as LISTEN_FDS.
"""

import json
import os
import sys

FIRST = 3


def take(doors: list[int], open_ones: list[int]) -> dict[str, str]:
    """Keep these of the open doors; what the process must be told of them."""
    for place, door in enumerate(doors, start=FIRST):
        os.dup2(door, place)
    for door in open_ones:
        os.close(door)
    return {"LISTEN_FDS": str(len(doors)), "LISTEN_PID": str(os.getpid())} if doors else {}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        processes = json.load(file)
    process = processes[sys.argv[2]]
    told = take(process["doors"], [door for each in processes.values() for door in each["doors"]])
    os.chdir(process["folder"])
    os.execve(process["command"][0], process["command"], process["environment"] | told)
