"""The library that all Souk services share."""

__version__ = "0.1.0"
