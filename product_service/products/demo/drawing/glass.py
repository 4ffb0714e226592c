"""What is kept in glass and tin."""

from __future__ import annotations

from products.demo.drawing.canvas import CENTER, FLOOR, Canvas, circle, rounded

GLASS = "#eaf4f4"
CORK = "#c79a63"


def tea_glasses(c: Canvas) -> None:
    p = c.palette
    for x, y in ((540, FLOOR - 36), (262, FLOOR - 30), (402, FLOOR)):
        c.shadow(70, x, y)
        profile = [(y - 220, 76), (y - 160, 66), (y - 110, 58), (y - 40, 66), (y - 14, 58), (y, 46)]
        c.turned(profile, GLASS, x=x)
        tea = [(y - 168, 66), (y - 110, 57), (y - 40, 63), (y - 16, 56)]
        c.turned(tea, "#b5651d", x=x)
        c.band(profile, y - 206, y - 176, p.base, x=x)
        c.band(profile, y - 176, y - 168, p.accent, x=x)
        c.ellipse(x, y - 220, 76, 12, "#fff", opacity=0.75)
        c.line(f"M{x - 40} {y - 150}q-4 40 0 90", "#fff", 7, opacity=0.6)


def jar(c: Canvas) -> None:
    """Glass, something good in it, a cloth over the lid."""
    p = c.palette
    c.shadow(140)
    c.turned([(330, 126), (360, 146), (600, 148), (650, 128)], GLASS)
    c.turned([(380, 142), (600, 142), (642, 122)], p.base, motif=True)
    c.turned([(262, 132), (330, 132)], p.accent)
    c.ellipse(CENTER, 262, 132, 22, p.light)
    c.path("M250 320q20 34 44 6q24 36 52 8q26 34 54 2q28 34 54 -2q26 32 50 -4q22 26 46 -10v-30h-300z", p.accent)
    label(c, 300, 430, 200, 130)
    c.line("M284 380v200", "#fff", 12, opacity=0.5)


def spice_jars(c: Canvas) -> None:
    p = c.palette
    for x, y, height, fill in (
        (250, FLOOR - 26, 250, p.dark),
        (556, FLOOR - 26, 220, p.accent),
        (402, FLOOR, 290, p.base),
    ):
        c.shadow(84, x, y)
        c.turned([(y - height, 64), (y - height + 34, 84), (y - 20, 84), (y, 74)], GLASS, x=x)
        c.turned([(y - height * 0.72, 79), (y - 20, 79), (y - 4, 70)], fill, x=x)
        c.ellipse(x, y - height * 0.72, 79, 14, p.light, opacity=0.35)
        c.turned([(y - height - 46, 56), (y - height + 4, 60)], CORK, x=x)
        c.ellipse(x, y - height - 46, 56, 10, "#ddb784")
        label(c, x - 50, y - height * 0.52, 100, 70)
        c.line(f"M{x - 64} {y - height + 60}v{height * 0.55}", "#fff", 8, opacity=0.5)


def bottle(c: Canvas) -> None:
    p = c.palette
    c.shadow(100)
    profile = [(196, 30), (300, 34), (360, 70), (410, 98), (620, 98), (650, 88)]
    c.turned(profile)
    c.turned([(150, 32), (198, 34)], CORK)
    c.ellipse(CENTER, 150, 32, 6, "#ddb784")
    c.band(profile, 204, 226, p.accent)
    label(c, 316, 450, 168, 140)
    c.line("M330 400v190", "#fff", 12, opacity=0.35)


def flasks(c: Canvas) -> None:
    """Bottles for the bath, one of them with a stopper of glass."""
    p = c.palette
    for x, y, height, width, fill in ((520, FLOOR - 22, 250, 80, p.light), (320, FLOOR, 330, 104, p.base)):
        c.shadow(width, x, y)
        c.turned(
            [(y - height, 26), (y - height + 46, 28), (y - height + 96, width), (y - 24, width), (y, width - 12)],
            fill,
            x=x,
        )
        c.turned([(y - height - 20, 34), (y - height + 4, 32)], p.dark, x=x)
        c.solid(circle(x, y - height - 48, 34), p.accent, shade="round")
        label(c, x - width * 0.66, y - height * 0.52, width * 1.32, height * 0.34)


def tin(c: Canvas) -> None:
    p = c.palette
    c.shadow(134)
    profile = [(320, 130), (640, 130), (650, 128)]
    c.turned(profile, motif=True)
    c.turned([(262, 134), (320, 134)], p.dark)
    c.ellipse(CENTER, 262, 134, 24, p.base)
    c.ellipse(CENTER, 260, 112, 18, p.light, opacity=0.35)
    c.solid("M302 410h196q16 60 0 140h-196q-16 -70 0 -140z", p.light, shade="side")
    c.path("M400 430q46 40 0 96q-46 -56 0 -96z", p.base)
    c.line("M330 536h140", p.accent, 7)


def label(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A paper label with a little arch and two lines that one cannot read."""
    p = c.palette
    middle = x + width / 2
    c.solid(rounded(x, y, width, height, 8), "#fdf8ec", shade="side")
    c.path(rounded(x + 6, y + 6, width - 12, height - 12, 6), stroke=p.accent, stroke_width=2.5)
    c.path(f"M{middle - 16} {y + height * 0.52}v-{height * 0.2}q16 -{height * 0.26} 32 0v{height * 0.2}z", p.base)
    c.line(f"M{x + width * 0.22} {y + height * 0.66}h{width * 0.56}", p.dark, 4)
    c.line(f"M{x + width * 0.32} {y + height * 0.8}h{width * 0.36}", p.dark, 3)
