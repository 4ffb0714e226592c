"""What every Souk service needs and none owns."""

__version__ = "0.1.0"
