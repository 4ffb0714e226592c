from testkit.transactions import *  # noqa: F403
