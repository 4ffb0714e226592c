# ruff: noqa: E501 (paths are data)
"""What is worn, grown, washed with."""

from __future__ import annotations

from math import cos, pi, sin

from products.demo.drawing.canvas import CENTER, Canvas, circle, rounded

WOOD, WOOD_DARK = "#b07d4b", "#7a5230"


def necklace(c: Canvas) -> None:
    p = c.palette
    c.solid(
        "M340 166Q400 146 460 166C456 250 470 292 520 322C590 364 606 480 596 650H204C194 480 210 364 280 322C330 292 344 250 340 166z",
        p.floor if p.wall > "#8" else p.niche,
        shade="round",
    )
    c.shadow(180)
    beads = 21
    for i in range(beads):
        t = i / (beads - 1)
        angle = pi * (1 - t)
        x, y = CENTER + 108 * cos(angle), 312 + 200 * sin(angle)
        size = 11 + 10 * sin(pi * t)
        c.solid(circle(x, y, size), (p.base, p.accent, p.light)[i % 3], shade="round")
    c.solid("M400 522l42 46l-42 66l-42 -66z", p.accent, shade="round")
    c.path("M400 522l42 46h-84z", "#fff", opacity=0.35)


def earrings(c: Canvas) -> None:
    p = c.palette
    c.line("M250 210H550", WOOD_DARK, 16)
    c.line("M400 210V640", WOOD_DARK, 16)
    c.shadow(120)
    c.solid("M320 630H480V652H320z", WOOD)
    for x in (310, 490):
        c.path(f"M{x} 214q-24 26 0 46", stroke=p.base, stroke_width=6)
        c.solid(circle(x, 282, 22), p.accent, shade="round")
        c.path(f"M{x - 66} 390a66 66 0 0 1 132 0q0 60 -66 100q-66 -40 -66 -100z", p.base)
        c.path(f"M{x - 66} 390a66 66 0 0 1 132 0q0 60 -66 100q-66 -40 -66 -100z", "url(#motif)", opacity=0.5)
        c.path(f"M{x - 66} 390a66 66 0 0 1 132 0q0 60 -66 100q-66 -40 -66 -100z", "url(#round)")
        c.solid(circle(x, 392, 26), p.accent, shade="round")
        for dx, dy in ((-40, 452), (0, 492), (40, 452)):
            c.line(f"M{x + dx} {dy - 8}v22", p.dark, 4)
            c.solid(circle(x + dx, dy + 24, 12), p.accent, shade="round")


def bracelet(c: Canvas) -> None:
    p = c.palette
    c.shadow(210)
    c.path("M188 520A212 96 0 0 1 612 520V560A212 96 0 0 0 188 560z", p.dark)
    c.solid("M188 500A212 110 0 0 0 612 500V560A212 110 0 0 1 188 560z", motif=True)
    c.path("M188 500A212 110 0 0 0 612 500", stroke=p.light, stroke_width=7)
    c.path("M188 500A212 110 0 0 1 612 500", stroke=p.light, stroke_width=5)
    c.solid("M400 560l56 26l-16 60h-80l-16 -60z", p.accent, shade="round")
    c.path("M400 560l56 26h-112z", "#fff", opacity=0.4)


def ring(c: Canvas) -> None:
    p = c.palette
    c.shadow(150)
    c.path(circle(CENTER, 500, 132), stroke=p.dark, stroke_width=40)
    c.path(circle(CENTER, 498, 132), stroke=p.base, stroke_width=28)
    c.path("M290 430A132 132 0 0 1 380 368", stroke="#fff", stroke_width=9, opacity=0.6, stroke_linecap="round")
    c.solid("M316 340H484L456 392H344z", p.base)
    c.solid("M400 190L492 262L400 372L308 262z", p.accent, shade="round")
    c.path("M400 190L440 262L400 372L360 262z", "#fff", opacity=0.25)
    c.path("M308 262H492", stroke="#fff", stroke_width=3, opacity=0.5)


def soaps(c: Canvas) -> None:
    p = c.palette
    c.shadow(210)
    c.solid("M196 596H604V640Q604 652 590 652H210Q196 652 196 640z", WOOD, shade="top")
    for x, y, width, fill, turn in (
        (214, 506, 240, p.base, 0),
        (410, 520, 180, p.light, 0),
        (270, 420, 230, p.accent, -6),
    ):
        c.add(f'<g transform="rotate({turn} {x + width / 2} {y + 45})">')
        c.solid(rounded(x, y, width, 90, 22), fill, shade="top")
        c.path(rounded(x + 16, y + 14, width - 32, 62, 14), stroke=p.dark, stroke_width=3, opacity=0.5)
        middle = x + width / 2
        c.path(f"M{middle - 16} {y + 66}v-20q16 -26 32 0v20z", p.dark, opacity=0.5)
        c.add("</g>")
    for x, y, r in ((560, 380, 26), (606, 430, 16), (520, 340, 12), (590, 330, 9)):
        c.ellipse(x, y, r, r, "#fff", opacity=0.45)
        c.path(circle(x, y, r), stroke="#fff", stroke_width=3, opacity=0.8)


def board(c: Canvas) -> None:
    """A cutting board, a knife before it."""
    p = c.palette
    c.shadow(200)
    c.solid(rounded(230, 150, 340, 500, 46), WOOD, shade="side")
    c.path(circle(CENTER, 206, 22), p.niche)
    for x in (286, 334, 392, 446, 508):
        c.line(f"M{x} 250q{c.random.uniform(-14, 14):.0f} 180 0 370", WOOD_DARK, 4, opacity=0.35)
    c.path("M230 520h340v52h-340z", p.base)
    c.path("M230 520h340v52h-340z", "url(#motif)")
    c.add('<g transform="rotate(18 500 480)">')
    c.solid("M500 210Q556 300 546 470H488V214z", "#dfe5e8", shade="side")
    c.solid(rounded(492, 470, 50, 170, 18), p.dark)
    for y in (510, 556, 602):
        c.path(circle(517, y, 6), "#cf9f3f")
    c.add("</g>")


def spoons(c: Canvas) -> None:
    p = c.palette
    c.shadow(130)
    for angle, fill in ((-20, WOOD), (0, p.base), (19, "#c9955c")):
        c.add(f'<g transform="rotate({angle} 400 620)">')
        c.line("M400 610V300", WOOD_DARK, 24)
        c.line("M400 610V300", fill, 17)
        c.solid("M400 130C470 130 474 260 400 320C326 260 330 130 400 130z", fill, shade="round")
        c.ellipse(400, 214, 36, 58, WOOD_DARK, opacity=0.3)
        c.add("</g>")
    profile = [(430, 116), (520, 124), (620, 112), (650, 100)]
    c.turned(profile, p.base, motif=True)
    c.ellipse(CENTER, 430, 116, 16, p.dark)
    c.path("M284 430a116 16 0 0 0 232 0v10a116 16 0 0 1 -232 0z", p.light)


def seeds(c: Canvas) -> None:
    p = c.palette
    c.shadow(180)
    for turn, fill, x in ((-10, p.accent, -70), (6, p.base, 40)):
        c.add(f'<g transform="translate({x} 0) rotate({turn} 400 640)">')
        c.solid(
            "M270 240L278 226L290 240L302 226L314 240L326 226L338 240L350 226L362 240L374 226L386 240L398 226L410 240L422 226L434 240L446 226L458 240L470 226L482 240L494 226L506 240L518 226L530 240V646H270z",
            fill,
        )
        c.path("M290 300H510V560H290z", "#fdf8ec")
        c.path("M400 540V420", stroke="#4d8b57", stroke_width=10)
        c.path("M400 470q-60 -8 -70 -60q58 0 70 60zM400 450q56 -10 64 -60q-58 4 -64 60z", "#5f9e66")
        for k in range(8):
            c.path("M400 400q26 -36 0 -74q-26 38 0 74z", fill, transform=f"rotate({k * 45} 400 400)")
        c.path(circle(400, 400, 18), p.dark)
        c.line("M320 596H480", p.light, 9)
        c.add("</g>")


def trowel(c: Canvas) -> None:
    p = c.palette
    c.shadow(120, 350)
    for angle, forked in ((-14, False), (16, True)):
        c.add(f'<g transform="rotate({angle} 400 640)">')
        c.solid(rounded(376, 176, 48, 220, 22), WOOD, shade="side")
        c.solid(rounded(376, 360, 48, 44, 8), p.accent)
        c.line("M400 400V470", p.dark, 18)
        if forked:
            c.line("M348 640V500Q348 470 400 470Q452 470 452 500V640M400 470V650", p.base, 16)
        else:
            c.solid("M340 470H460Q474 560 400 656Q326 560 340 470z", p.base)
            c.line("M400 490V610", p.light, 6, opacity=0.6)
        c.add("</g>")


def birdhouse(c: Canvas) -> None:
    p = c.palette
    c.line("M400 0V200", WOOD_DARK, 8)
    c.shadow(160, y=690, height=18)
    c.solid("M270 330H530V600H270z", motif=True)
    c.solid("M400 170L590 360H540L400 226L260 360H210z", p.dark)
    c.path("M400 232L520 348H280z", p.base)
    c.path(circle(CENTER, 440, 52), p.dark)
    c.path(circle(CENTER, 446, 46), "#241a14")
    c.line("M400 524v40", WOOD_DARK, 14)
    c.solid("M250 596H550V626H250z", WOOD, shade="top")
    c.path("M452 300q36 -46 78 -20q-4 36 -46 40q-20 0 -32 -20z", p.accent)
    c.path("M530 282l22 4l-20 10z", "#e0903f")


def brush(c: Canvas) -> None:
    p = c.palette
    c.shadow(190)
    c.solid("M200 590Q200 560 240 556H560Q600 560 600 590V606H200z", WOOD, shade="top")
    for x in range(212, 592, 9):
        c.line(f"M{x} 606l{c.random.uniform(-5, 5):.0f} 40", p.light if x % 2 else p.accent, 5)
    c.add('<g transform="rotate(-32 430 420)">')
    c.line("M400 500V210", WOOD_DARK, 30)
    c.line("M400 500V210", WOOD, 22)
    c.solid(rounded(330, 330, 140, 220, 62), WOOD, shade="round")
    for x in range(346, 460, 9):
        c.line(f"M{x} {366 + abs(x - 402) * 0.4:.0f}V{520 - abs(x - 402) * 0.4:.0f}", p.base, 5, stroke_dasharray="6 6")
    c.add("</g>")


def packet(c: Canvas) -> None:
    """A paper bag, its top folded and tied."""
    p = c.palette
    c.shadow(160)
    c.solid("M268 300H532L550 640Q550 652 536 652H264Q250 652 250 640z", "#e7d3ae", shade="side")
    c.solid("M262 230H538V312H262z", p.base, shade="top")
    c.path("M262 230H538V312H262z", "url(#motif)", opacity=0.5)
    c.line("M262 300Q400 326 538 300", p.accent, 8)
    c.line("M400 312q-60 50 -76 20q10 -30 76 -20q60 44 78 18q-10 -30 -78 -18", p.accent, 7)
    c.solid(circle(CENTER, 490, 98), "#fdf8ec", shade="round")
    c.path(circle(CENTER, 490, 86), stroke=p.accent, stroke_width=4)
    c.path("M366 534V480q34 -62 68 0V534z", p.base)
    c.line("M352 552H448", p.dark, 6)
