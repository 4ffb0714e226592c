"""The figures as a table, as JSON, and as a section of docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from run.layout import ROOT, default_home

from tests.benchmarks.figures import APART, Figure

_DOCUMENT = ROOT / "docs/performance.md"
#: One table for the embedded engines and one for the real ones.
_BEGIN = "<!-- measured on {on} engines: written by `make bench` -->"
_END = "<!-- end of what was measured on {on} engines -->"
_MARKS = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}
_MOST_ROLES = 6


def show(console: Console, figures: Sequence[Figure], on: str) -> None:
    table = Table(title=f"On {on} engines: {machine()}", title_justify="left", show_lines=True)
    for title, justify in (("", "left"), ("measured", "right"), ("target", "right"), ("met", "left")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    table.add_column("where it goes", overflow="fold")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{number(figure.measured)} {figure.unit}",
            target_of(figure),
            _MARKS[figure.met],
            "\n".join(filter(None, [where_of(figure), figure.note])),
        )
    console.print(table)


def write_json(figures: Sequence[Figure], on: str) -> Path:
    path = default_home().path / f"bench-{on}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"at": datetime.now(UTC).isoformat(), "machine": machine(), "figures": [f.as_json() for f in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def write_document(figures: Sequence[Figure], on: str) -> Path:
    """Write the table between the two marks of docs/performance.md; people write the rest."""
    begin, end = _BEGIN.format(on=on), _END.format(on=on)
    head, _, rest = _DOCUMENT.read_text().partition(begin)
    tail = rest.partition(end)[2]
    rows = ["| | measured | target | met | where it goes |", "|---|---|---|---|---|"]
    for figure in figures:
        met = {True: "yes", False: "**no**", None: ""}[figure.met]
        where = "; ".join(filter(None, [where_of(figure), figure.note]))
        rows.append(
            f"| {figure.name} | {number(figure.measured)} {figure.unit} | {target_of(figure)} | {met} | {where} |"
        )
    _DOCUMENT.write_text("\n".join([f"{head}{begin}", "", f"{machine()}.", "", *rows, "", f"{end}{tail}"]))
    return _DOCUMENT


def machine() -> str:
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {_processor()}, {memory:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end, "
        f"{yardstick():.0f} CPU-ms for a million additions"
    )


def yardstick() -> float:
    """Return the CPU-milliseconds of a fixed Python program on this processor: 30 to 60 on a quiet one of today."""
    began, total = time.process_time(), 0
    for each in range(1_000_000):
        total += each
    return 1000 * (time.process_time() - began)


def target_of(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.target:g}"


def where_of(figure: Figure) -> str:
    """Return the largest shares by role; those not counted are marked."""
    shares = sorted(figure.spent.items(), key=lambda share: -share[1])
    inside = [(role, value) for role, value in shares if role not in APART]
    said = [f"{role} {number(value)}" for role, value in inside[:_MOST_ROLES]]
    if rest := inside[_MOST_ROLES:]:
        said.append(f"{len(rest)} others {number(sum(value for _, value in rest))}")
    if figure.background:
        said.append(f"(an idle system would have spent {number(figure.background)})")
    said += [f"(apart: {role} {number(value)})" for role, value in shares if role in APART]
    return ", ".join(said).replace(", (", " (")


def number(value: Any) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
