"""What every Souk project must pass."""

from chassis.testing.project import *  # noqa: F403
