"""The label: an SVG of 100 x 150 mm, with a barcode (Code 128) that a scanner can read."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sandbox.courier.offers import BRANDS

#: ISO/IEC 15417: alternating widths of bars and gaps by value; then start B (104) and stop (106).
_PATTERNS = re.findall(
    r"\d+",
    """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
""",
)
_START_B, _STOP = 104, 106
_SENDER = ("Souk Warehouse", "Speicherstrasse 12", "04103 Leipzig", "DE")


def code_128(text: str) -> list[int]:
    """Return the alternating widths of bars and gaps, without quiet zones."""
    values = [ord(character) - 32 for character in text]
    check = (_START_B + sum(place * value for place, value in enumerate(values, 1))) % 103
    return [int(width) for value in (_START_B, *values, check, _STOP) for width in _PATTERNS[value]]


def draw(shipment: dict[str, Any]) -> str:
    brand, service = BRANDS[shipment["carrier"]], shipment["service"]
    address, is_return = shipment["address"], shipment["kind"] == "return"
    customer = (
        address["name"],
        address["line1"],
        address.get("line2", ""),
        f"{address.get('postal_code', '')} {address['city']}",
        address["country"],
    )
    sender, recipient = (customer, _SENDER) if is_return else (_SENDER, customer)
    number, weight = shipment["tracking_number"], shipment["weight_grams"]
    name = brand.services[service][0].upper()
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="150mm" viewBox="0 0 400 600">
<style>text{{font-family:Helvetica,Arial,sans-serif;fill:#111}}.s{{font-size:12px}}.m{{font-size:15px}}
.b{{font-weight:700}}.w{{fill:#fff}}.c{{text-anchor:middle}}.e{{text-anchor:end}}.n{{font-family:monospace}}</style>
<rect width="400" height="600" rx="10" fill="#fff" stroke="#111" stroke-width="2"/>
<path d="M1 11a10 10 0 0 1 10-10h378a10 10 0 0 1 10 10v69H1z" fill="{brand.color}"/>
<text x="20" y="40" class="w b" font-size="28">{escape(brand.name)}</text>
<text x="20" y="64" class="w s">{"Return parcel" if is_return else "Parcel"}, sandbox: it will not be carried</text>
<text x="380" y="50" class="w b e" font-size="22">{escape(name)}</text>
<text x="20" y="106" class="s b">FROM</text>{_lines(sender, x=20, y=124, css="s", step=15)}
<text x="380" y="106" class="s e">{weight / 1000:.2f} kg</text>
<text x="380" y="124" class="s e">{escape(shipment["order_number"])}</text>
<path d="M0 204H400M0 372H400M0 532H400" stroke="#111" stroke-width="2"/>
<text x="20" y="230" class="s b">TO</text>{_lines(recipient, x=20, y=256, css="m b", step=23)}
<text x="380" y="352" class="b e" font-size="54">{escape(recipient[-1])}</text>
{_bars(code_128(number), x=30, y=390, width=340, height=96)}
<text x="200" y="516" class="n c" font-size="22" letter-spacing="3">{escape(number)}</text>
<text x="20" y="558" class="s">Reference</text><text x="20" y="576" class="s n">{escape(shipment["reference"])}</text>
</svg>"""


def _lines(lines: tuple[str, ...], *, x: int, y: int, css: str, step: int) -> str:
    shown = [line.strip()[:34] for line in lines if line.strip()]
    return "".join(
        f'<text x="{x}" y="{y + step * place}" class="{css}">{escape(line)}</text>' for place, line in enumerate(shown)
    )


def _bars(widths: list[int], *, x: int, y: int, width: int, height: int) -> str:
    unit, at, path = width / sum(widths), float(x), []
    for place, modules in enumerate(widths):
        if place % 2 == 0:
            path.append(f"M{at:.2f} {y}h{modules * unit:.2f}v{height}h-{modules * unit:.2f}z")
        at += modules * unit
    return f'<path d="{"".join(path)}" fill="#111"/>'
