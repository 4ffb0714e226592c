"""The real engines on one machine, without containers: install, start, inspect, stop.

    python -m engines drivers      # the services' database drivers
    python -m engines start --home FOLDER     # installs what is missing first
    python -m engines status --home FOLDER
    python -m engines down --home FOLDER

All listen on loopback only, keep their data under one folder, and are ended by their own PIDs.
"""
