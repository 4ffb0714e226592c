"""Becomes one process: `launch.py FILE NAME`. So supervisor's own file needs no secrets and no quoting."""

import json
import os
import sys

if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        process = json.load(file)[sys.argv[2]]
    os.chdir(process["folder"])
    os.execve(process["command"][0], process["command"], process["environment"])
