"""What shines."""

from __future__ import annotations

from math import pi, sin

from products.demo.drawing.canvas import CENTER, Canvas, circle
from products.demo.drawing.glass import label

LIT = "#ffd98a"


def lantern(c: Canvas) -> None:
    p = c.palette
    c.ellipse(CENTER, 440, 320, 300, "url(#halo)")
    c.shadow(150)
    c.path(circle(CENTER, 150, 34), stroke=p.base, stroke_width=12)
    c.solid("M400 176L486 268H314z", shade="side")
    c.solid("M292 268H508L532 300H268z", p.dark)
    c.solid("M284 300H516L540 590H260z", p.dark)
    for x1, x2, x3, x4 in ((300, 366, 356, 282), (374, 426, 434, 366), (434, 500, 518, 444)):
        c.path(f"M{x1} 316H{x2}L{x3} 576H{x4}z", LIT)
        c.path(f"M{x1} 316H{x2}L{x3} 576H{x4}z", "url(#motif)", opacity=0.75)
        middle = (x1 + x2 + x3 + x4) / 4
        c.path(f"M{middle} 470q22 30 0 56q-22 -26 0 -56z", "#fff7dd")
    for d in ("M284 300L260 590", "M370 300L362 590", "M430 300L438 590", "M516 300L540 590"):
        c.line(d, p.base, 12)
    c.solid("M244 590H556V622H244z", p.base)
    c.solid("M268 622H532L560 652H240z", p.dark)


def pendant(c: Canvas) -> None:
    """A pierced dome on a chain, and its stars on the wall."""
    p = c.palette
    c.ellipse(CENTER, 470, 360, 320, "url(#halo)")
    c.line("M400 0V200", p.dark, 7)
    c.turned([(190, 20), (216, 34), (230, 26)], p.accent)
    profile = [(228, 40), (262, 100), (340, 172), (430, 196), (510, 170)]
    c.turned(profile, shade="round")
    for row, (y, half, count) in enumerate(((300, 120, 5), (352, 158, 7), (404, 178, 8), (454, 178, 8))):
        for i in range(count):
            x = CENTER + half * sin((i + 0.5 * (row % 2)) / (count - 1) * pi - pi / 2)
            c.path(f"M{x:.0f} {y - 13}l4 9l9 4l-9 4l-4 9l-4 -9l-9 -4l9 -4z", LIT)
    c.band(profile, 478, 512, p.dark)
    c.ellipse(CENTER, 512, 168, 26, LIT)
    c.path("M240 524L150 700H650L560 524z", LIT, opacity=0.22)


def table_lamp(c: Canvas) -> None:
    p = c.palette
    c.ellipse(CENTER, 330, 320, 260, "url(#halo)")
    c.shadow(120)
    base = [(430, 20), (456, 36), (500, 92), (560, 100), (610, 66), (630, 62), (650, 96)]
    c.turned(base, motif=True)
    c.line("M400 440V390", p.accent, 14)
    c.solid("M310 176H490L574 410Q400 446 226 410z", "#fff0cc", shade="side")
    c.path("M310 176H490L574 410Q400 446 226 410z", "url(#motif)", opacity=0.25)
    c.path("M226 410Q400 446 574 410L568 392Q400 428 232 392z", p.accent)
    c.ellipse(CENTER, 176, 90, 12, "#fff7e2")


def string_lights(c: Canvas) -> None:
    p = c.palette
    for start, end, sag in ((200, 230, 150), (330, 380, 130)):
        c.line(f"M60 {start}Q400 {start + 2 * sag} 740 {end}", p.dark, 5)
        for i in range(6):
            t = (i + 0.5) / 6
            x = 60 + 680 * t
            y = (1 - t) ** 2 * start + 2 * t * (1 - t) * (start + 2 * sag) + t * t * end
            c.ellipse(x, y + 52, 70, 70, "url(#halo)")
            c.line(f"M{x:.0f} {y:.0f}v16", p.dark, 5)
            c.turned(
                [(y + 14, 10), (y + 34, 36), (y + 62, 42), (y + 92, 20)],
                p.base if i % 2 else p.accent,
                x=x,
                shade="round",
            )
            c.ellipse(x, y + 60, 14, 20, LIT, opacity=0.8)


def candle(c: Canvas) -> None:
    c.ellipse(CENTER, 250, 190, 190, "url(#halo)")
    c.shadow(140)
    c.turned([(396, 134), (600, 134), (650, 118)], motif=True)
    c.rim(396, 134, inside="#f8ecd4")
    c.line("M400 400V352", "#3b2a20", 6)
    c.path("M400 252q46 58 0 108q-46 -50 0 -108z", "#f6a821")
    c.path("M400 292q24 36 0 66q-24 -30 0 -66z", "#fff2c2")
    label(c, 320, 470, 160, 110)
