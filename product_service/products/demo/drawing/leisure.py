"""What is read and played."""

from __future__ import annotations

from products.demo.drawing.canvas import CENTER, FLOOR, Canvas, circle, rounded

WOOD, WOOD_DARK = "#b07d4b", "#7a5230"


def book(c: Canvas) -> None:
    p = c.palette
    c.shadow(190, 410)
    c.solid("M258 210L530 178L580 200V622L310 652z", "#f7efdd", shade="side")
    for step in range(5):
        c.line(f"M{540 + step * 8} {186 + step * 3}V{630 - step * 2}", "#d9c9a6", 2)
    c.solid("M236 206L516 176V626L236 656z")
    c.path("M252 224L500 196V610L252 638z", "url(#motif)", opacity=0.3)
    c.solid("M212 214Q212 204 236 206V656Q212 656 212 644z", p.dark)
    c.path("M296 520V370C270 330 290 250 376 226C462 240 482 312 456 352V504z", p.light)
    c.path("M308 508V372C286 336 304 266 376 242C448 254 468 314 444 350V494z", stroke=p.accent, stroke_width=4)
    c.path("M376 300l14 34 34 -4 -26 26 26 30 -36 -4 -12 36 -12 -34 -36 6 26 -30 -26 -24 36 -2z", p.accent)
    c.line("M300 568L456 550", p.light, 10)
    c.line("M326 600L430 588", p.light, 6)


def books(c: Canvas) -> None:
    p = c.palette
    c.shadow(240)
    stack = ((190, 420, 66, p.dark), (210, 390, 58, p.accent), (180, 430, 72, p.base), (226, 350, 54, p.light))
    y = FLOOR
    for x, width, height, fill in stack:
        y -= height
        c.solid(rounded(x, y, width, height, 8), fill, shade="top")
        c.path(f"M{x + width - 18} {y + 8}h18v{height - 16}h-18z", "#f7efdd")
        c.line(f"M{x + 60} {y + height / 2}h{width * 0.44:.0f}", p.light if fill != p.light else p.dark, 8)
        c.line(f"M{x + 26} {y + 8}v{height - 16}", p.accent if fill != p.accent else p.dark, 6)
    c.solid(f"M300 {y}L440 {y - 30}L560 {y - 8}L420 {y}z", p.base, shade="top")
    c.line(f"M470 {y - 20}q30 40 20 110", "#c8553d", 12)


def backgammon(c: Canvas) -> None:
    p = c.palette
    c.shadow(280, height=22)
    c.solid("M120 300H392V650H120zM408 300H680V650H408z", WOOD_DARK, shade="top")
    for left in (140, 428):
        c.path(f"M{left} 322h232v306h-232z", p.light)
        for i in range(6):
            x = left + i * 38.6
            fills = (p.base, p.accent) if i % 2 else (p.accent, p.base)
            c.path(f"M{x:.0f} 322h38.6l-19.3 132z", fills[0])
            c.path(f"M{x:.0f} 628h38.6l-19.3 -132z", fills[1])
    for x, y, fill in (
        (160, 342, p.dark),
        (160, 378, p.dark),
        (160, 414, p.dark),
        (352, 608, "#fff8ea"),
        (352, 572, "#fff8ea"),
        (467, 608, p.dark),
        (467, 572, p.dark),
        (640, 342, "#fff8ea"),
        (640, 378, "#fff8ea"),
    ):
        c.solid(circle(x, y, 18), fill, shade="round")
    for x, y, turn in ((520, 470, 14), (566, 486, -20)):
        c.add(f'<g transform="rotate({turn} {x} {y})">')
        c.solid(rounded(x - 17, y - 17, 34, 34, 7), "#fffdf5", shade="round")
        for dx, dy in ((-8, -8), (8, 8), (0, 0)):
            c.path(circle(x + dx, y + dy, 3.4), "#2b2522")
        c.add("</g>")


def chess(c: Canvas) -> None:
    p = c.palette
    c.shadow(290, y=680, height=20)
    c.solid("M210 540H590L700 676H100z", WOOD_DARK, shade="top")
    for row in range(4):
        for column in range(8):
            if (row + column) % 2:
                continue
            t1, t2 = row / 4, (row + 1) / 4
            points = []
            for t, i in ((t1, column), (t1, column + 1), (t2, column + 1), (t2, column)):
                left, width = 226 - 96 * t, 348 + 192 * t
                points.append(f"{left + width * i / 8:.0f} {550 + 112 * t:.0f}")
            c.path(f"M{'L'.join(points)}z", p.light)
    for x, y, scale, fill in (
        (296, 580, 0.72, p.light),
        (520, 572, 0.7, p.base),
        (408, 640, 1.0, p.base),
        (240, 650, 0.8, p.light),
        (590, 648, 0.86, p.base),
    ):
        _chessman(c, x, y, scale, fill, king=scale == 1.0)


def _chessman(c: Canvas, x: float, y: float, scale: float, fill: str, *, king: bool) -> None:
    height = 330 if king else 210
    rows = [(-0.78, 20), (-0.7, 44), (-0.66, 26), (-0.4, 28), (-0.16, 50), (-0.08, 66), (0.0, 62)]
    profile = [(y + part * height * scale, width * scale) for part, width in rows]
    c.shadow(60 * scale, x, y, 12)
    c.turned(profile, fill, x=x)
    c.solid(circle(x, y - 0.88 * height * scale, 38 * scale), fill, shade="round")
    if king:
        top = y - 1.06 * height * scale
        c.line(f"M{x} {top - 24}v44M{x - 18} {top - 6}h36", c.palette.accent, 10)


def puzzle(c: Canvas) -> None:
    """A wooden box with an inlaid star, half open."""
    p = c.palette
    c.shadow(240)
    c.solid("M190 380L250 250H590L610 380z", WOOD, shade="top")
    c.solid("M180 380H620V646H180z", WOOD, shade="top")
    c.path("M204 404H596V622H204z", stroke=WOOD_DARK, stroke_width=8)
    c.path("M214 414H586V612H214z", p.dark)
    c.path("M214 414H586V612H214z", "url(#motif)")
    c.solid(circle(CENTER, 512, 84), WOOD, shade="round")
    for turn in range(8):
        c.path(
            "M400 512L384 470L400 440L416 470z",
            p.light if turn % 2 else p.base,
            transform=f"rotate({turn * 45} 400 512)",
        )
    c.solid(rounded(378, 366, 44, 54, 8), "#cf9f3f", shade="round")
