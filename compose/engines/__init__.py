"""The real engines on one machine, without containers: install, start, look, stop.

    python -m engines start        # what is missing is installed first
    python -m engines status
    python -m engines down

All listen on loopback only, keep their data under one folder, and are ended by their own PIDs.
"""
