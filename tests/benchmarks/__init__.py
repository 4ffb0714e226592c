"""Measurement of speed, memory and correctness of a whole system against the targets: `make bench`."""
