"""Colors. A palette names the thing's own colors; the wall behind it is chosen to flatter them."""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """`base`, `dark`, `light`: the thing; `accent`: what decorates it; `wall`, `niche`, `floor`: behind and below."""

    base: str
    dark: str
    light: str
    accent: str
    wall: str
    niche: str
    floor: str


PALETTES = {
    "cobalt": Palette("#2456a6", "#14366f", "#e9f0fb", "#f2b84b", "#f3e3cf", "#fbf3e6", "#d9bd9b"),
    "indigo": Palette("#34407e", "#1f2754", "#dfe3f6", "#e5785c", "#e4e1ee", "#f4f2f9", "#bdb6d2"),
    "teal": Palette("#1f8a84", "#0f5653", "#dff3ef", "#f4a261", "#f6e2d3", "#fdf2e8", "#dbb79b"),
    "mint": Palette("#7cc0a5", "#3f8f74", "#f0faf5", "#d9674f", "#e5efe6", "#f6faf4", "#b9cfb8"),
    "olive": Palette("#7d8a3c", "#4f5a1f", "#f3f4dd", "#c8553d", "#efe7cf", "#faf5e4", "#cdbd8d"),
    "forest": Palette("#3c6e4f", "#21452f", "#e3f0e4", "#e9b44c", "#ece5d3", "#f8f4e7", "#c6b78f"),
    "saffron": Palette("#e8a02c", "#b06f0e", "#fff3d6", "#8f2d56", "#dfe9ea", "#f1f7f6", "#a9c3c4"),
    "terracotta": Palette("#c8643c", "#8c3d1e", "#fbe6d8", "#1f6f78", "#dde8e2", "#f1f6f0", "#a8c2b4"),
    "ruby": Palette("#a4243b", "#6b1024", "#fbe3e3", "#e6b655", "#f0dfd8", "#fbf1ec", "#cfae9f"),
    "rose": Palette("#d98299", "#a94f69", "#fdecef", "#6a8d73", "#f1e4df", "#fcf4f0", "#d6b9ae"),
    "plum": Palette("#6d3b67", "#432040", "#f3e4f0", "#e0a458", "#ece0e4", "#f9f2f3", "#c5aab4"),
    "charcoal": Palette("#474f57", "#262c32", "#e6eaec", "#e0903f", "#e9e2d8", "#f8f4ee", "#c2b5a1"),
    "sand": Palette("#d6bb8c", "#a5834d", "#fbf4e4", "#24706f", "#d6e4e1", "#edf5f2", "#9fbcb6"),
    "ivory": Palette("#f1e8d6", "#c5b393", "#fffdf7", "#2f6690", "#c9d8dc", "#e6eff0", "#94adb4"),
    "brass": Palette("#cf9f3f", "#8d6518", "#fbecc0", "#7a2e2e", "#2f4858", "#3f5d70", "#20323e"),
    "copper": Palette("#c4713f", "#86421b", "#fbdcc3", "#20504f", "#2d4a4a", "#3d6161", "#1e3434"),
    "silver": Palette("#aeb8bf", "#6f7c86", "#f3f7f9", "#b4436c", "#453a56", "#5a4d6e", "#2f273d"),
    "cognac": Palette("#9a5a2b", "#613413", "#f1d3b3", "#e8c37e", "#e4e6d8", "#f5f6ec", "#b9bd9c"),
}
