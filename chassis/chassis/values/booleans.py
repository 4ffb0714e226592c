"""The words for yes and no."""

from __future__ import annotations

from collections.abc import Mapping

#: As forms, spreadsheets and other APIs write them; compare them with casefolded text.
BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
