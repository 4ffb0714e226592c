# ruff: noqa: E501 (paths are data)
"""What is woven, sewn or cut from hide."""

from __future__ import annotations

from products.demo.drawing.canvas import CENTER, Canvas, circle, rounded


def cushion(c: Canvas) -> None:
    p = c.palette
    c.shadow(210)
    c.solid("M196 262Q400 300 604 262Q580 450 610 640Q400 612 190 640Q220 450 196 262z", motif=True, shade="round")
    c.path(
        "M214 282Q400 316 586 282Q566 450 590 622Q400 596 210 622Q234 450 214 282z",
        stroke=p.light,
        stroke_width=5,
        stroke_dasharray="12 9",
    )
    for x, y, turn in ((196, 262, -45), (604, 262, 45), (610, 640, 120), (190, 640, -120)):
        tassel(c, x, y, turn)


def throw(c: Canvas) -> None:
    """Folded, with a fringe."""
    p = c.palette
    c.shadow(230)
    for level, fill in enumerate((p.dark, p.base, p.light, p.base)):
        y = 570 - level * 66
        c.solid(rounded(190, y, 420, 80, 38), fill, motif=level % 2 == 1, shade="top")
    c.solid("M300 360h150v200q-75 18 -150 0z", p.base, motif=True, shade="top")
    for x in range(304, 450, 12):
        c.line(f"M{x} 562v{34 + c.random.uniform(0, 10):.0f}", p.accent, 5)


def towels(c: Canvas) -> None:
    """A stack, and one rolled up."""
    p = c.palette
    c.shadow(220)
    for level, fill in enumerate((p.base, p.light, p.accent)):
        y = 576 - level * 74
        c.solid(rounded(200, y, 400, 74, 34), fill, shade="top")
        c.line(f"M232 {y + 52}h330", p.dark, 4, opacity=0.35)
        c.line(f"M232 {y + 60}h330", p.dark, 3, opacity=0.25)
    c.solid(rounded(236, 322, 330, 106, 50), p.base, motif=True, shade="top")
    c.solid(circle(520, 375, 52), p.light, shade="round")
    c.path(
        "M520 375m-34 0a34 34 0 1 1 30 34M520 375m-18 0a18 18 0 1 1 16 18", stroke=p.dark, stroke_width=5, opacity=0.6
    )


def rug(c: Canvas) -> None:
    """Hanging on the wall, as a dealer shows it."""
    p = c.palette
    c.line("M190 128H610", "#6b4a2c", 14)
    for x in range(222, 586, 13):
        c.line(f"M{x} 652v{28 + c.random.uniform(0, 10):.0f}", p.light, 4)
    c.solid("M212 130H588V652H212z", p.base, shade="top")
    c.path("M230 148H570V634H230z", p.light)
    c.path("M244 162H556V620H244z", p.dark)
    c.path("M244 162H556V620H244z", "url(#motif)")
    c.path("M284 206H516V576H284z", p.base, stroke=p.light, stroke_width=6)
    for y in (300, 391, 482):
        c.path(f"M400 {y - 62}L482 {y}L400 {y + 62}L318 {y}z", p.accent)
        c.path(f"M400 {y - 42}L456 {y}L400 {y + 42}L344 {y}z", p.dark)
        c.path(f"M400 {y - 22}L430 {y}L400 {y + 22}L370 {y}z", p.light)
    for x in (284, 516):
        for y in range(236, 570, 62):
            c.path(f"M{x} {y - 22}l{26 if x < 400 else -26} 22l{-26 if x < 400 else 26} 22z", p.light)
    c.path("M212 130H588V652H212z", "url(#side)", opacity=0.6)


def runner(c: Canvas) -> None:
    """Half unrolled on the floor."""
    p = c.palette
    c.shadow(300, 400, 668, 22)
    c.solid("M300 470L716 560L660 690L190 600z", p.base, motif=True, shade="top")
    c.line("M318 486L700 570M214 590L652 676", p.light, 8)
    for step in range(12):
        x, y = 716 - step * 4.8, 560 + step * 11.4
        c.line(f"M{x:.0f} {y:.0f}l26 8", p.light, 4)
    c.solid("M176 400q70 -36 150 20l-10 180q-70 30 -140 0z", p.base, motif=True, shade="side")
    c.solid(circle(252, 410, 78), p.light, shade="round")
    c.path(
        "M252 410m-56 0a56 56 0 1 1 48 56M252 410m-34 0a34 34 0 1 1 28 34M252 410m-14 0a14 14 0 1 1 12 14",
        stroke=p.accent,
        stroke_width=8,
    )


def scarf(c: Canvas) -> None:
    """Over a wooden peg, both ends hanging."""
    p = c.palette
    c.line("M400 150v34", "#6b4a2c", 20)
    c.ellipse(CENTER, 148, 24, 24, "#8a6239")
    for x in range(458, 556, 10):
        c.line(f"M{x} 600v{36 + c.random.uniform(0, 12):.0f}", p.accent, 4)
    c.solid(
        "M400 170C500 190 520 300 506 420C500 500 540 560 556 604H452C436 520 420 460 424 380C426 300 410 260 400 250z",
        p.dark,
        motif=True,
    )
    for x in range(252, 372, 10):
        c.line(f"M{x} 640v{36 + c.random.uniform(0, 12):.0f}", p.accent, 4)
    c.solid(
        "M400 168C300 186 262 300 274 420C280 520 244 580 246 644H376C392 560 400 480 392 400C386 320 404 262 440 236C448 200 424 168 400 168z",
        motif=True,
    )
    for d in ("M330 230C300 320 320 440 290 636", "M368 226C344 330 362 450 336 636"):
        c.line(d, p.dark, 5, opacity=0.4)


def pouf(c: Canvas) -> None:
    p = c.palette
    c.shadow(220)
    c.turned([(384, 60), (396, 140), (430, 196), (500, 226), (580, 218), (640, 170), (650, 150)], shade="round")
    c.ellipse(CENTER, 398, 124, 15, p.light, opacity=0.4)
    for offset in (-190, -118, -40, 40, 118, 190):
        c.line(
            f"M{CENTER + offset * 0.3} 392Q{CENTER + offset * 1.16} 500 {CENTER + offset * 0.78} 652",
            p.dark,
            4,
            opacity=0.7,
        )
        c.line(
            f"M{CENTER + offset * 0.3 + 8} 394Q{CENTER + offset * 1.16 + 8} 500 {CENTER + offset * 0.78 + 8} 650",
            p.accent,
            3,
            stroke_dasharray="9 9",
        )
    for turn in range(12):
        c.path(
            "M400 394q10 -14 0 -34q-10 20 0 34z",
            p.accent,
            transform=f"translate(0 197) scale(1 .5) rotate({turn * 30} 400 394)",
        )
    c.ellipse(CENTER, 394, 12, 6, p.dark)


def bag(c: Canvas) -> None:
    p = c.palette
    c.shadow(210)
    c.line("M236 400C220 120 580 120 564 400", p.dark, 22)
    c.line("M236 400C220 120 580 120 564 400", p.base, 13)
    c.solid("M206 370H594Q620 500 604 630Q600 652 570 652H230Q200 652 196 630Q180 500 206 370z", p.dark)
    c.solid(
        "M200 352H600Q624 450 560 524Q480 560 400 560Q320 560 240 524Q176 450 200 352z",
        motif=c.motif != "plain",
        opacity=0.45,
    )
    c.path(
        "M216 368H584Q602 446 548 510Q476 542 400 542Q324 542 252 510Q198 446 216 368z",
        stroke=p.light,
        stroke_width=4,
        stroke_dasharray="11 8",
    )
    c.solid(rounded(370, 520, 60, 76, 12), p.accent, shade="round")
    c.path(circle(400, 562, 10), p.dark)


def wallet(c: Canvas) -> None:
    p = c.palette
    c.shadow(220)
    c.solid("M236 420L560 372Q580 370 584 390L608 566Q610 586 590 590L270 640z", p.dark)
    c.solid("M204 392H560Q584 392 584 416V622Q584 646 560 646H204Q182 646 182 624V414Q182 392 204 392z", shade="top")
    c.path("M202 412H564V626H202z", stroke=p.light, stroke_width=4, stroke_dasharray="11 8")
    c.path("M202 412H564V626H202z", "url(#motif)", opacity=0.28)
    c.solid("M584 480H520Q490 480 490 519Q490 558 520 558H584z", p.dark, shade="top")
    c.solid(circle(524, 519, 17), p.accent, shade="round")


def belt(c: Canvas) -> None:
    p = c.palette
    c.shadow(190)
    c.solid(circle(CENTER, 450, 196), p.dark, shade="round")
    for radius, fill in ((176, p.base), (140, p.dark), (122, p.base), (88, p.dark), (72, p.base), (42, p.niche)):
        c.solid(circle(CENTER, 450, radius), fill, shade="round" if fill != p.niche else "top")
    c.path(circle(CENTER, 450, 160), stroke=p.light, stroke_width=4, stroke_dasharray="10 9")
    c.solid("M400 254H650V320H400z", p.base, shade="top")
    c.line("M410 268H640M410 306H640", p.light, 3, stroke_dasharray="10 9")
    for x in (470, 510, 550):
        c.path(circle(x, 287, 6), p.dark)
    c.path(rounded(620, 236, 92, 102, 22), stroke=p.accent, stroke_width=18)
    c.line("M622 287h84", p.accent, 12)


def slippers(c: Canvas) -> None:
    """Babouches: the heel trodden down, the toe pointed."""
    p = c.palette
    c.shadow(270, height=30)
    for dx, dy in ((74, -66), (-40, 26)):
        d = f"translate({dx} {dy})"
        c.add(f'<g transform="{d}">')
        c.path("M180 600Q150 560 220 540L470 520Q600 520 664 588Q600 640 440 636Q250 640 180 600z", p.dark)
        c.path("M204 580Q210 552 260 546L400 536L400 612Q250 616 204 580z", p.light)
        c.solid(
            "M352 530Q420 452 520 480Q620 508 672 584Q620 616 520 618Q430 618 352 604Q380 566 352 530z",
            motif=True,
            shade="round",
        )
        c.line("M352 530Q380 566 352 604", p.light, 6)
        c.add("</g>")


def journal(c: Canvas) -> None:
    """Leather, with a strap around it."""
    p = c.palette
    c.shadow(180)
    c.solid("M276 226L560 200V626L276 650z", "#f6eedb", shade="side")
    for x in range(0, 12, 3):
        c.line(f"M{548 + x} {206 + x}V{622 - x / 2}", "#d8c9a8", 2)
    c.solid("M250 220L530 196Q544 196 544 212V628Q544 640 530 642L250 656z", motif=c.motif != "plain", opacity=0.3)
    c.path("M278 240L522 218V620L278 634z", stroke=p.light, stroke_width=4, stroke_dasharray="10 8")
    c.line("M252 440Q400 424 560 430", p.dark, 16)
    c.solid(circle(470, 430, 26), p.accent, shade="round")


def tassel(c: Canvas, x: float, y: float, turn: float) -> None:
    p = c.palette
    c.add(f'<g transform="translate({x} {y}) rotate({turn})">')
    for dx in (-9, -4, 1, 6, 11):
        c.line(f"M0 0L{dx} -46", p.accent, 5)
    c.ellipse(0, -8, 11, 13, p.dark)
    c.add("</g>")


def hammam_mitt(c: Canvas) -> None:
    p = c.palette
    c.shadow(150)
    c.line("M400 250q-40 -70 0 -96q40 26 0 96", p.accent, 10)
    c.solid(
        "M270 300Q270 250 330 250H470Q530 250 530 300V570Q530 652 400 652Q270 652 270 570z", motif=True, shade="round"
    )
    c.solid("M264 252H536V318H264z", p.dark, shade="side")
    c.line("M280 285H520", p.light, 4, stroke_dasharray="10 8")
