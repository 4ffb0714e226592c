"""Which shapes there are, and how one becomes a picture."""

from __future__ import annotations

from html import escape
from random import Random

from products.demo.drawing import cloth, glass, leisure, lights, things, vessels
from products.demo.drawing.canvas import Canvas
from products.demo.drawing.palettes import PALETTES

#: Every public function of these modules draws the shape of its name.
SHAPES = {
    name: shape
    for module in (vessels, glass, cloth, lights, leisure, things)
    for name, shape in vars(module).items()
    if callable(shape) and getattr(shape, "__module__", "") == module.__name__ and not name.startswith("_")
    if name not in {"label", "tassel"}
}


def draw(*, name: str, slug: str, shape: str, palette: str, motif: str) -> str:
    """The SVG. The slug is the seed of what is left to chance. KeyError for an unknown word."""
    canvas = Canvas(PALETTES[palette], motif, Random(slug))
    SHAPES[shape](canvas)
    return canvas.svg(escape(name))
