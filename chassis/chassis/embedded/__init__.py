"""What only the run on a bare machine needs."""
