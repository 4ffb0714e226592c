# ruff: noqa: E501 (paths are data)
"""What comes from the wheel: bowls, pots, cups."""

from __future__ import annotations

from products.demo.drawing.canvas import CENTER, FLOOR, Canvas, circle


def bowl(c: Canvas) -> None:
    p = c.palette
    profile = [(430, 214), (480, 208), (545, 168), (605, 96), (622, 84), (650, 92)]
    c.shadow(180)
    c.turned(profile, motif=True)
    c.band(profile, 440, 470, p.accent)
    c.rim(430, 214, inside=p.dark)
    c.ellipse(385, 440, 130, 16, "#fff", opacity=0.12)


def dish(c: Canvas) -> None:
    """A wide plate, leaning on the wall so that its pattern shows."""
    p = c.palette
    c.shadow(170, height=20)
    c.solid(circle(CENTER, 420, 228), shade="round")
    c.solid(circle(CENTER, 420, 208), p.light, motif=True, shade="round")
    c.path(circle(CENTER, 420, 208), stroke=p.accent, stroke_width=7)
    c.solid(circle(CENTER, 420, 138), p.base, shade="round")
    c.path(circle(CENTER, 420, 126), stroke=p.light, stroke_width=5)
    for turn in range(8):
        c.path(
            "M400 420q34 -46 0 -112q-34 66 0 112z",
            p.light if turn % 2 else p.accent,
            transform=f"rotate({turn * 45} 400 420)",
        )
    c.path(circle(CENTER, 420, 20), p.dark)


def vase(c: Canvas) -> None:
    p = c.palette
    profile = [(236, 62), (262, 46), (318, 50), (400, 126), (480, 150), (570, 112), (632, 74), (650, 80)]
    c.shadow(120)
    c.turned(profile, motif=True)
    c.band(profile, 318, 352, p.accent)
    c.band(profile, 566, 586, p.accent)
    c.rim(236, 62)
    c.line("M318 440q-24 60 4 120", "#fff", 12, opacity=0.35)


def jug(c: Canvas) -> None:
    p = c.palette
    c.shadow(140)
    c.line("M496 330q120 -10 96 110q-16 74 -112 108", p.dark, 30)
    c.line("M496 330q120 -10 96 110q-16 74 -112 108", p.base, 20)
    profile = [(250, 96), (300, 80), (350, 92), (440, 146), (540, 146), (622, 108), (650, 110)]
    c.turned(profile, motif=True)
    c.band(profile, 322, 356, p.light)
    c.solid("M305 252q-50 -14 -66 -44q40 4 90 22z")
    c.rim(250, 96)


def mugs(c: Canvas) -> None:
    p = c.palette
    for x, y, fill in ((508, FLOOR - 24, p.light), (312, FLOOR, p.base)):
        c.shadow(104, x, y)
        c.line(f"M{x + 92} {y - 150}q84 -8 70 62q-10 46 -76 48", p.dark, 24)
        c.line(f"M{x + 92} {y - 150}q84 -8 70 62q-10 46 -76 48", fill, 15)
        profile = [(y - 204, 102), (y - 120, 100), (y - 30, 92), (y, 78)]
        c.turned(profile, fill, x=x, motif=fill == p.base)
        c.band(profile, y - 60, y - 36, p.accent, x=x)
        c.rim(y - 204, 102, x=x, inside="#4a2b18", lip=p.light)


def tagine(c: Canvas) -> None:
    p = c.palette
    c.shadow(220)
    cone = [(236, 30), (270, 34), (360, 66), (450, 128), (520, 196)]
    base = [(524, 226), (570, 222), (618, 186), (650, 160)]
    c.turned(base)
    c.rim(524, 226, lip=p.dark, inside=p.dark, flat=0.12)
    c.turned(cone, motif=True)
    c.band(cone, 474, 504, p.light)
    c.band(cone, 300, 320, p.light)
    c.turned([(196, 34), (212, 42), (232, 36), (246, 30)], p.accent, shade="round")


def pot(c: Canvas) -> None:
    p = c.palette
    c.shadow(210)
    for side in (-1, 1):
        c.line(
            f"M{CENTER + side * 196} 470q{side * 66} -6 {side * 60} 44q-{'' if side > 0 else '-'}6 36 {-side * 62} 30",
            p.accent,
            18,
        )
    profile = [(432, 206), (540, 206), (620, 196), (650, 172)]
    c.turned(profile, motif=True)
    c.rim(432, 212, lip=p.dark, inside=p.dark)
    lid = [(338, 20), (352, 70), (380, 150), (424, 212)]
    c.turned(lid, shade="side")
    c.turned([(296, 30), (314, 38), (338, 18)], p.accent, shade="round")


def pan(c: Canvas) -> None:
    p = c.palette
    c.shadow(200, 350)
    c.line("M520 520L748 452", "#2b2522", 26)
    c.line("M520 520L600 496", p.accent, 28)
    c.turned([(500, 208), (560, 204), (630, 180), (650, 168)], x=330, motif=True)
    c.rim(500, 210, x=330, inside="#efe9df", lip=p.light, flat=0.26)
    c.ellipse(300, 506, 120, 22, "#fff", opacity=0.5)


def mortar(c: Canvas) -> None:
    p = c.palette
    c.shadow(150)
    c.line("M420 430L540 214", "#7a5230", 46)
    c.line("M420 430L540 214", "#b07d4b", 36)
    c.line("M408 432L526 216", "#d9ab78", 8, opacity=0.7)
    c.solid(circle(550, 196, 36), "#b07d4b", shade="round")
    profile = [(400, 160), (450, 158), (540, 128), (590, 84), (612, 84), (650, 122)]
    c.turned(profile, motif=True)
    c.band(profile, 412, 440, p.accent)
    c.rim(400, 160)
    c.line("M436 402L476 330", "#b07d4b", 36)
    c.line("M424 402L464 330", "#d9ab78", 8, opacity=0.7)


def teapot(c: Canvas) -> None:
    p = c.palette
    c.shadow(170)
    c.solid("M262 500C190 500 176 420 118 392C112 376 130 364 150 372C226 396 226 440 300 440z")
    c.line("M530 420q136 -40 124 70q-14 70 -128 74", p.dark, 26)
    c.line("M530 420q136 -40 124 70q-14 70 -128 74", p.base, 16)
    profile = [(352, 66), (392, 118), (470, 164), (550, 150), (620, 104), (650, 96)]
    c.turned(profile, motif=True, shade="round")
    c.band(profile, 368, 394, p.accent)
    c.turned([(286, 12), (310, 34), (334, 56), (356, 78)], p.light)
    c.ellipse(CENTER, 278, 20, 20, p.accent)
    c.ellipse(342, 440, 26, 44, "#fff", opacity=0.35, transform="rotate(24 342 440)")


def coffee_pot(c: Canvas) -> None:
    """A dallah: a waist, a beak, a tall lid."""
    p = c.palette
    c.shadow(140)
    c.solid("M330 400C250 380 240 300 150 276C170 252 210 258 236 272C290 300 300 330 350 340z")
    c.line("M474 340q140 -30 120 90q-12 70 -96 96", p.dark, 26)
    c.line("M474 340q140 -30 120 90q-12 70 -96 96", p.accent, 14)
    profile = [(300, 82), (360, 66), (410, 74), (500, 138), (580, 146), (630, 126), (650, 130)]
    c.turned(profile, motif=True)
    c.band(profile, 380, 404, p.dark)
    c.turned([(166, 4), (196, 16), (214, 10), (250, 50), (300, 90)], p.light)
    c.ellipse(CENTER, 160, 12, 16, p.accent)


def spice_mound(c: Canvas) -> None:
    """A heap in a brass bowl, as on the market."""
    p = c.palette
    c.shadow(200)
    c.solid("M196 470C260 430 340 250 400 250C460 250 540 430 604 470z", p.base, shade="round")
    for _ in range(70):
        y = c.random.uniform(300, 462)
        half = (y - 250) * 0.86
        c.ellipse(
            CENTER + c.random.uniform(-half, half), y, 4, 3, c.random.choice([p.dark, p.light, p.accent]), opacity=0.7
        )
    profile = [(470, 214), (520, 204), (590, 150), (622, 92), (650, 104)]
    c.turned(profile, "#c99a3d")
    c.band(profile, 486, 512, "#8d6518")
    c.ellipse(CENTER, 470, 214, 14, "#e8c877", opacity=0.8)
    c.solid("M196 472C240 452 560 452 604 472C560 490 240 490 196 472z", p.base, shade="top")


def planter(c: Canvas) -> None:
    p = c.palette
    c.shadow(150)
    for angle in (-64, -40, -18, 4, 26, 50, 70):
        length = 1 + c.random.uniform(-0.12, 0.16)
        leaf = f"M400 452C{360 - 10 * length:.0f} 360 {380} {300 - 60 * length:.0f} 400 {230 - 70 * length:.0f}C{430} 290 440 370 400 452z"
        c.path(leaf, "#4d8b57" if angle % 4 else "#39714a", transform=f"rotate({angle} 400 470)")
        c.line(f"M400 452L400 {270 - 60 * length:.0f}", "#8fc08a", 4, opacity=0.7, transform=f"rotate({angle} 400 470)")
    profile = [(452, 164), (500, 160), (580, 134), (650, 108)]
    c.turned(profile, motif=True)
    c.turned([(430, 172), (470, 170)], p.light)
    c.rim(430, 172, inside="#4a3526", flat=0.14)
    for angle in (-34, 12, 44):
        c.path(
            "M400 446C374 380 384 330 400 290C420 330 428 380 400 446z", "#5f9e66", transform=f"rotate({angle} 400 452)"
        )


def watering_can(c: Canvas) -> None:
    p = c.palette
    c.shadow(190, 420)
    c.line("M470 380C470 250 690 260 640 560", p.dark, 24)
    c.line("M470 380C470 250 690 260 640 560", p.accent, 13)
    c.solid("M340 590L150 356L178 336L372 500z")
    c.solid("M96 340L176 286L196 340L156 374z", p.accent, shade="round")
    profile = [(390, 142), (430, 146), (620, 150), (650, 144)]
    c.turned(profile, x=470, motif=True)
    c.band(profile, 410, 432, p.dark, x=470)
    c.band(profile, 610, 632, p.dark, x=470)
    c.rim(390, 142, x=470)
