"""How the figures look: colours that all can tell apart, dashes, a light grid, fixed bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.figure import Figure

P = ParamSpec("P")

# Okabe and Ito's palette without its black; the dark grey is the reference arm.
REFERENCE_COLOUR = "#4d4d4d"
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Five dashes and six colours: no two of twelve arms share both.
DASHES: tuple[Any, ...] = (
    "solid",
    (0, (6, 1.5)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (1.3, 1.2)),
    (0, (8, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
REFERENCE_DASH: Any = (0, (4, 2))
DOSING_COLOUR = "#f6f3e8"

RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": "#9a9a9a",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "osteoaxis",
}
UNITS = {"percent": "%", "ug/L": "µg/L", "g/cm^2": "g/cm²", "nmol/mmol": "nmol/mmol creatinine"}
_GROUP_ID = re.compile(r' id="[A-Za-z0-9]+_\d+"')


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Return `draw` so that it draws in this style, whatever the user's own settings."""

    @wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> Figure:
        with mpl.rc_context(RC):
            return draw(*args, **options)

    return drawn


def arm_styles(arms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return colour and dash of each arm's line; the first arm is the dark grey reference."""
    first, *others = arms
    reference = {"color": REFERENCE_COLOUR, "linestyle": REFERENCE_DASH}
    return {first: reference, **dict(zip(others, line_styles(len(others)), strict=True))}


def line_styles(count: int) -> list[dict[str, Any]]:
    """Return colour and dash of so many lines."""
    return [
        {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % len(DASHES)]}
        for k in range(count)
    ]


def with_unit(title: str, unit: str) -> str:
    """Return a panel title that says its unit; a pure number has none."""
    return title if unit == "1" else f"{title} ({UNITS.get(unit, unit)})"


def svg(figure: Figure) -> str:
    """Return `figure` as one `<svg>` element, the same bytes each time, to save or to inline."""
    buffer = io.StringIO()
    with mpl.rc_context(RC):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    # Ids of groups are never referred to, and repeat when several figures share a page.
    return _GROUP_ID.sub("", text[text.index("<svg") :])


def png(figure: Figure) -> bytes:
    """Return `figure` as a PNG of 150 dots per inch, the same bytes each time."""
    buffer = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()
