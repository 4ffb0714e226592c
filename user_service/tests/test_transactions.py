from chassis.testing.transactions import *  # noqa: F403
