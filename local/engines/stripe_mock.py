"""stripe-mock, Stripe's own checker of requests: `python -m engines.stripe_mock` prints the path of the program."""

from __future__ import annotations

import sys
from pathlib import Path

from engines.machine import CannotInstall, go_built

VERSION = "0.203.0"
_MODULE = Path(__file__).with_name("stripe-mock")


def main() -> int:
    """Build it once on a machine, which takes a minute."""
    try:
        print(go_built(f"stripe-mock-{VERSION}", "github.com/stripe/stripe-mock", _MODULE))
    except CannotInstall as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
