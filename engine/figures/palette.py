"""Colours. A cluster's colour is its rank in the tree, so it is the same on every chart.

Ten hues from Okabe & Ito (2008), darkened or lightened to a contrast of at least 3:1 on both the
light and the dark ground, so that one colour serves both. Colour never stands alone: charts label
clusters, and neighbours in the tree never share a colour.
"""

from __future__ import annotations

from dataclasses import dataclass

CLUSTER_COLORS = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # bluish green
    "#B8609A",  # reddish purple
    "#B07D00",  # orange, darkened
    "#2F8FC4",  # sky blue, darkened
    "#7D8A00",  # yellow, darkened to olive
    "#7C62D0",  # violet
    "#B0573F",  # brown
    "#1B8C96",  # teal
)

# Diverging, blue–white–red, safe for all three kinds of colour blindness (Brewer's RdBu hues).
DIVERGING_LIGHT = (
    (0.0, "#053061"), (0.125, "#2166AC"), (0.25, "#4393C3"), (0.375, "#A6CEE3"), (0.5, "#F7F7F7"),
    (0.625, "#FBC4A4"), (0.75, "#E07B5A"), (0.875, "#B2182B"), (1.0, "#67001F"),
)  # fmt: skip
DIVERGING_DARK = (
    (0.0, "#9CCBEE"), (0.25, "#3F8CC4"), (0.5, "#1B1F27"), (0.75, "#D0603F"), (1.0, "#FFC3A0"),
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Ink for one of the two grounds."""

    ink: str
    muted: str
    grid: str
    paper: str
    single: str
    accent: str
    diverging: tuple[tuple[float, str], ...]


LIGHT = Ground("#1F2430", "#5B6472", "#E3E6EB", "#FFFFFF", "#8A929E", "#C2185B", DIVERGING_LIGHT)
DARK = Ground("#E6E8EC", "#A3ABB8", "#2C323D", "#0F1319", "#7F8896", "#FF6FA5", DIVERGING_DARK)


def ground(dark: bool) -> Ground:
    """The inks of the dark or the light ground."""
    return DARK if dark else LIGHT


def cluster_color(rank: int, on: Ground) -> str:
    """Colour of a cluster by its rank; grey for a single asset (rank −1)."""
    return on.single if rank < 0 else CLUSTER_COLORS[rank % len(CLUSTER_COLORS)]


def faded(color: str, opacity: float) -> str:
    """#RRGGBB with an opacity, for a fill, which has none of its own."""
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def ink_on(color: str) -> str:
    """Black or white, whichever stands out more on a colour (WCAG 2 relative luminance)."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#FFFFFF"
