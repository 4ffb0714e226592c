"""`python -m new_service NAME [ITEM]`: write a new service into the repository."""

from __future__ import annotations

import argparse
import re
import sys

from registry import SERVICES

from new_service.files import Names, NameTaken, singular, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="make new-service NAME=wishes", description=__doc__)
    parser.add_argument("name", help="the package: a plural noun, as in `wishes`")
    parser.add_argument("item", nargs="?", default="", help="what it has many of, where it is not the singular of NAME")
    asked = parser.parse_args()
    item = asked.item or singular(asked.name)
    if not item:
        parser.error(f"say what one of the {asked.name} is: make new-service NAME={asked.name} ITEM=...")
    if not all(re.fullmatch(r"[a-z]{3,20}", word) for word in (asked.name, item)):
        parser.error("NAME and ITEM are words of 3 to 20 lowercase letters")
    try:
        written = list(write(Names(name=asked.name, item=item), SERVICES))
    except NameTaken as error:
        parser.error(str(error))
    print(f"{len(written)} files: {item}_service/, its route and its entry in services.toml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
