"""Pictures of the demo's products, drawn by rule: a shape, a palette, a motif. The same words draw the same picture."""

from products.demo.drawing.pictures import SHAPES, draw

__all__ = ["SHAPES", "draw"]
