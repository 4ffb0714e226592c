# ruff: noqa: E501 (paths are data)
"""A picture of 800 x 800: a niche in a wall, a floor, and on it a thing with volume, motif and shadow."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

from products.demo.drawing.palettes import Palette

CENTER, FLOOR = 400, 650
Profile = Sequence[tuple[float, float]]

#: Tiles of the motifs: size, and what is drawn in it. {a} is the motif's color.
MOTIFS = {
    "plain": (10, ""),
    "star": (
        72,
        '<path d="M36 8l6 14 14-6-6 14 14 6-14 6 6 14-14-6-6 14-6-14-14 6 6-14-14-6 14-6-6-14 14 6z" fill="{a}"/>'
        '<circle cx="0" cy="0" r="7" fill="{a}"/><circle cx="72" cy="0" r="7" fill="{a}"/>'
        '<circle cx="0" cy="72" r="7" fill="{a}"/><circle cx="72" cy="72" r="7" fill="{a}"/>',
    ),
    "diamond": (
        56,
        '<path d="M28 4L52 28 28 52 4 28z" fill="none" stroke="{a}" stroke-width="5"/>'
        '<path d="M28 18l10 10-10 10-10-10z" fill="{a}"/>',
    ),
    "zigzag": (48, '<path d="M-4 34l28-22 28 22M-4 58l28-22 28 22" fill="none" stroke="{a}" stroke-width="7"/>'),
    "stripe": (46, '<path d="M0 12h46" stroke="{a}" stroke-width="12"/><path d="M0 32h46" stroke="{a}" stroke-width="3"/>'),
    "pinstripe": (26, '<path d="M13 0v26" stroke="{a}" stroke-width="4"/>'),
    "dot": (40, '<circle cx="20" cy="20" r="7" fill="{a}"/><circle cx="0" cy="0" r="4" fill="{a}"/>'
                '<circle cx="40" cy="0" r="4" fill="{a}"/><circle cx="0" cy="40" r="4" fill="{a}"/>'
                '<circle cx="40" cy="40" r="4" fill="{a}"/>'),
    "scale": (44, '<g fill="none" stroke="{a}" stroke-width="4"><path d="M0 22a22 22 0 0 0 44 0M-22 0a22 22 0 0 0 44 0'
                  'M22 0a22 22 0 0 0 44 0M-22 44a22 22 0 0 0 44 0M22 44a22 22 0 0 0 44 0"/></g>'),
    "leaf": (64, '<g fill="{a}"><path d="M10 34c8-22 26-26 40-26-2 16-14 32-40 26z"/>'
                 '<path d="M40 62c2-12 10-18 22-20 0 12-8 20-22 20z"/></g>'),
    "wave": (60, '<path d="M0 20q15-18 30 0t30 0M0 48q15-18 30 0t30 0" fill="none" stroke="{a}" stroke-width="6"/>'),
    "lattice": (50, '<path d="M0 0l50 50M50 0L0 50" stroke="{a}" stroke-width="4"/><circle cx="25" cy="25" r="7" fill="{a}"/>'),
    "hammered": (38, '<g fill="{a}" opacity=".5"><ellipse cx="10" cy="10" rx="8" ry="6"/><ellipse cx="29" cy="27" rx="8" ry="6"/>'
                     '</g>'),
}  # fmt: skip


class Canvas:
    """What a shape draws on. Later calls lie above earlier ones."""

    def __init__(self, palette: Palette, motif: str, random: Random) -> None:
        self.palette, self.motif, self.random = palette, motif, random
        self.parts: list[str] = []

    def add(self, markup: str) -> None:
        self.parts.append(markup)

    def path(self, d: str, fill: str = "none", **style: object) -> None:
        """A flat path; `stroke_width=4` becomes an attribute."""
        self.add(f'<path d="{d}" fill="{fill}"{_attributes(style)}/>')

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, **style: object) -> None:
        self.add(f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(rx)}" ry="{_n(ry)}" fill="{fill}"{_attributes(style)}/>')

    def line(self, d: str, color: str, width: float, **style: object) -> None:
        round_ends = {"stroke_linecap": "round", "stroke_linejoin": "round"}
        stroke = {"stroke": color, "stroke_width": _n(width), **round_ends, **style}
        self.add(f'<path d="{d}" fill="none"{_attributes(stroke)}/>')

    def solid(self, d: str, fill: str = "", *, motif: bool = False, shade: str = "side", opacity: float = 0.9) -> None:
        """A thing with volume: color, motif, and light from the upper left (`side`, `round`, `top`)."""
        self.path(d, fill or self.palette.base)
        if motif:
            self.path(d, "url(#motif)", opacity=opacity)
        self.path(d, f"url(#{shade})")

    def shadow(self, half_width: float, x: float = CENTER, y: float = FLOOR, height: float = 26) -> None:
        self.ellipse(x, y, half_width * 1.12, height, "url(#shadow)")

    def turned(
        self, profile: Profile, fill: str = "", *, x: float = CENTER, motif: bool = False, shade: str = "side"
    ) -> None:
        """A thing from the wheel or the lathe: (y, half width) from top to bottom."""
        self.solid(outline(profile, x), fill, motif=motif, shade=shade)

    def band(self, profile: Profile, top: float, bottom: float, fill: str, *, x: float = CENTER) -> None:
        """A band painted around a turned thing."""
        rows = [(top, width_at(profile, top)), *((y, w) for y, w in profile if top < y < bottom)]
        self.solid(outline([*rows, (bottom, width_at(profile, bottom))], x), fill)

    def rim(
        self, y: float, half_width: float, *, x: float = CENTER, inside: str = "", lip: str = "", flat: float = 0.17
    ) -> None:
        """The opening of a vessel, seen from a little above."""
        self.ellipse(x, y, half_width, half_width * flat, lip or self.palette.light)
        self.ellipse(x, y + 2, half_width * 0.91, half_width * flat * 0.8, inside or self.palette.dark)

    def svg(self, title: str) -> str:
        p = self.palette
        size, tile = MOTIFS[self.motif]
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" role="img">'
            f"<title>{title}</title><defs>"
            f'<radialGradient id="glow" cx=".5" cy=".42" r=".62"><stop offset="0" stop-color="#fff" stop-opacity=".55"/>'
            '<stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>'
            '<radialGradient id="halo"><stop offset="0" stop-color="#ffe3a3" stop-opacity=".8"/>'
            '<stop offset=".5" stop-color="#ffe3a3" stop-opacity=".3"/><stop offset="1" stop-color="#ffe3a3" stop-opacity="0"/>'
            '</radialGradient><radialGradient id="shadow"><stop offset="0" stop-opacity=".42"/><stop offset=".6" stop-opacity=".2"/>'
            '<stop offset="1" stop-opacity="0"/></radialGradient>'
            '<linearGradient id="side"><stop offset="0" stop-color="#000" stop-opacity=".16"/>'
            '<stop offset=".22" stop-color="#fff" stop-opacity=".34"/><stop offset=".5" stop-color="#fff" stop-opacity="0"/>'
            '<stop offset="1" stop-color="#000" stop-opacity=".36"/></linearGradient>'
            '<radialGradient id="round" cx=".36" cy=".3" r=".8"><stop offset="0" stop-color="#fff" stop-opacity=".5"/>'
            '<stop offset=".45" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".38"/>'
            '</radialGradient><linearGradient id="top" x2="0" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".28"/>'
            '<stop offset=".5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".24"/>'
            "</linearGradient>"
            f'<linearGradient id="floor" x2="0" y2="1"><stop offset="0" stop-color="{p.floor}"/>'
            f'<stop offset="1" stop-color="{p.floor}" stop-opacity=".72"/></linearGradient>'
            f'<pattern id="motif" width="{size}" height="{size}" patternUnits="userSpaceOnUse">{tile.format(a=p.accent)}</pattern>'
            "</defs>"
            f'<rect width="800" height="800" fill="{p.wall}"/>'
            f'<path d="{NICHE}" fill="{p.niche}"/><path d="{NICHE}" fill="none" stroke="{p.floor}" stroke-width="5" opacity=".55"/>'
            '<rect width="800" height="800" fill="url(#glow)"/>'
            f'<rect y="610" width="800" height="190" fill="{p.wall}"/><rect y="610" width="800" height="190" fill="url(#floor)"/>'
            f"{''.join(self.parts)}</svg>\n"
        )


#: A horseshoe arch.
NICHE = "M170 612V388C120 330 130 120 400 62C670 120 680 330 630 388V612z"


def outline(profile: Profile, x: float = CENTER) -> str:
    """The closed outline of a turned thing: smooth sides, a bottom that is round towards us."""
    right = [(x + w, y) for y, w in profile]
    left = [(x - w, y) for y, w in reversed(profile)]
    width = profile[-1][1]
    bottom = f"A{_n(width)} {_n(width * 0.16)} 0 0 1 {_n(left[0][0])} {_n(left[0][1])}" if width else ""
    return f"M{_n(right[0][0])} {_n(right[0][1])}{_smooth(right)}{bottom}{_smooth(left)}Z"


def width_at(profile: Profile, y: float) -> float:
    """The half width at this height, between the given ones."""
    for (y1, w1), (y2, w2) in itertools.pairwise(profile):
        if y1 <= y <= y2:
            return w1 + (w2 - w1) * (y - y1) / (y2 - y1)
    return profile[-1][1]


def rounded(x: float, y: float, width: float, height: float, r: float = 16) -> str:
    """A rectangle with round corners, as a path."""
    return (
        f"M{_n(x + r)} {_n(y)}h{_n(width - 2 * r)}q{_n(r)} 0 {_n(r)} {_n(r)}v{_n(height - 2 * r)}q0 {_n(r)} {_n(-r)} {_n(r)}"
        f"h{_n(2 * r - width)}q{_n(-r)} 0 {_n(-r)} {_n(-r)}v{_n(2 * r - height)}q0 {_n(-r)} {_n(r)} {_n(-r)}z"
    )


def circle(x: float, y: float, r: float) -> str:
    return f"M{_n(x - r)} {_n(y)}a{_n(r)} {_n(r)} 0 1 0 {_n(2 * r)} 0a{_n(r)} {_n(r)} 0 1 0 {_n(-2 * r)} 0z"


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """Curves through all points (Catmull-Rom as Bezier)."""
    padded = [points[0], *points, points[-1]]
    parts = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(
            f"C{_n(x1 + (x2 - x0) / 6)} {_n(y1 + (y2 - y0) / 6)} {_n(x2 - (x3 - x1) / 6)} {_n(y2 - (y3 - y1) / 6)} "
            f"{_n(x2)} {_n(y2)}"
        )
    return "".join(parts)


def _attributes(style: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
