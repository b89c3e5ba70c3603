"""Every control there is, once: its key in the address, and the knob that it sets.

Range, default, step, unit and help are the knob's. What only concerns how a page looks has no knob
and stands in `controls.py` beside its page, from where it is found.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core import format as fmt
from engine.core.symbols import named
from engine.params import PRESETS, Params, knob_of
from pages.shared.controls.kinds import (
    Bounds,
    Choice,
    Day,
    Floors,
    Kind,
    Names,
    Number,
    Switch,
    kind_of,
    number_text,
)

PAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Control:
    """A control.

    key: in the address, and of the widget. knob: `group.knob`, or "" for what is the page's own.
    more: what there is to say beside the knob's meaning. own: how it is read where no knob says it,
    or where that depends on data. default: of a page's own. rounds, write: see `kinds.Number`.
    of_universe: names what is in the universe, and is let go with it. family: `key` only begins
    the keys of several. section: which part of a page is open, which no reset closes.
    """

    key: str
    label: str = ""
    knob: str = ""
    more: str = ""
    own: Kind | None = None
    default: Any = None
    rounds: bool = False
    write: Callable[[float], str] = number_text
    of_universe: bool = False
    family: bool = False
    section: bool = False

    @property
    def kind(self) -> Kind:
        """How it is read and written."""
        if self.own is not None:
            return self.own
        return kind_of(self.knob, self.rounds, self.write) if self.knob else Kind()

    @property
    def number(self) -> Number:
        """The kind of a control that is a number."""
        if not isinstance(self.kind, Number):
            raise TypeError(f"{self.key} is not a number.")
        return self.kind

    @property
    def options(self) -> tuple[str, ...]:
        """What a control that takes one of several offers."""
        if not isinstance(self.kind, Choice):
            raise TypeError(f"{self.key} is not one of several.")
        return self.kind.options

    @property
    def help(self) -> str | None:
        """What the knob means, and what there is to add."""
        meaning = knob_of(self.knob).metadata["meaning"] if self.knob else ""
        return ". ".join(part for part in (meaning, self.more) if part) or None

    def at(self, params: Params) -> Any:
        """The knob's value in these parameters, as the control has it."""
        return self.kind.shown(params.at(self.knob))

    def reading(self, kind: Kind) -> Control:
        """The same, read so."""
        return dataclasses.replace(self, own=kind)

    def among(self, options: Iterable[str]) -> Control:
        """The same, as one of these or, where it takes several, any of these."""
        if isinstance(self.kind, Names):
            return self.reading(dataclasses.replace(self.kind, known=frozenset(options)))
        return self.reading(Choice(tuple(options)))

    def member(self, name: str) -> Control:
        """One of a family."""
        return dataclasses.replace(self, key=self.key + name, label=name + self.label, family=False)


def sections(key: str, names: tuple[str, ...]) -> Control:
    """The sections of a page, of which the first is open at first."""
    return Control(key, "Section", own=Choice(names), default=names[0], section=True)


def _share(key: str, label: str, knob: str, more: str = "") -> Control:
    return Control(key, label, f"limits.{knob}", more)


# What is looked at.
UNIVERSE = Control("universe", "Universe")
PRESET = Control("preset", "Preset", own=Choice(tuple(PRESETS)))
AS_OF = Control("as_of", "As of", "data.as_of", own=Day(), of_universe=True)
CLASSES = Control(
    "classes", "Asset classes", "data.classes", own=Names(between=","), of_universe=True
)
LOOKBACK = Control("lookback", "Lookback, weekdays", "panel.lookback", rounds=True)
LINKAGE = Control("linkage", "Linkage", "tree.linkage")
LOOK = (AS_OF, CLASSES, LOOKBACK, LINKAGE)
# The cut: one knob in three controls. Ward heights are another unit than t, so they have a name of
# their own in the address, and a range that follows from the tree.
AUTO = Control("auto", f"{named('t').capitalize()} by regime", own=Switch())
T = Control(
    "t", named("t").capitalize(), "tree.threshold", f"{named('ρ').capitalize()} = 1 − 2t²",
    rounds=True, write=fmt.threshold,
)  # fmt: skip
H = Control(
    "h", "Threshold, Ward height", default=1.0,
    more="Ward heights are not correlations; see the clusters' mean correlation instead. By "
    "regime: as many clusters as average linkage has at the regime's threshold.",
    own=Number(0.1, 2.0, 0.05, rounds=True, write=fmt.threshold),
)  # fmt: skip
CUT = (AUTO, T, H)

PENALTY = Control("penalty", named("λ").capitalize(), "allocation.penalty", "0: none", rounds=True)
ALPHA = Control(
    "alpha", f"{named('α').capitalize()} inside clusters", "within.alpha",
    "1: inverse variance alone, 0: momentum rank alone", rounds=True,
)  # fmt: skip
KAPPA = Control(
    "kappa", f"{named('κ').capitalize()} of the FX trend", "sentiment.kappa",
    "How far the trend of risk against haven currencies cuts equity and crypto", rounds=True,
)  # fmt: skip
PROFILE = Control("profile", "Profile", "allocation.profile")
LAYERS = Control(
    "layers", "Layers", "allocation.layers",
    "Two: across clusters, then v inside each. One: assets at once",
)  # fmt: skip
KIND = Control("kind", f"{named('λ').capitalize()} measures", "allocation.penalty_kind")
ASSET_CAP = _share("acap", "Asset, %", "asset_cap")
NAMES = _share(
    "names", "Asset cap, names", "asset_cap_names", "A cap that is typed in sets it to 0"
)
LIMITS = (
    ASSET_CAP,
    NAMES,
    _share("cap", "Cluster, %", "cluster_cap"),
    _share("gcap", "Systemic group, %", "group_cap", "Coarse groups that do not depend on t"),
    _share("eq", "Equity, %", "equity_budget"),
    _share("cr", "Crypto, %", "crypto_budget"),
    _share("fx", "Currencies, %", "fx_budget", "Not scaled"),
)
GROUPS = Control("groups", "Groups by", "limits.groups")
BOUNDS = Control(
    "bounds", "Own bounds and locks", "limits.bounds",
    own=Bounds(), of_universe=True,
)  # fmt: skip
# What a preset decides, and what it leaves alone.
BUILD = (PROFILE, LAYERS, KIND, GROUPS, PENALTY, ALPHA, KAPPA, *LIMITS)
ALLOCATION = (*BUILD, BOUNDS)

_RULES = "sell: its target is 0; freeze: its target is what is held; hold: shown, not traded"
THRESHOLDS = (
    Control("reb", "REBALANCE over, %", "drift.rebalance_turnover"),
    Control("urg", "URGENT over, %", "drift.urgent_turnover"),
    Control("uas", "URGENT over, % of the asset cap", "drift.urgent_cap_share"),
)
RULES = (
    Control("left", "What left the universe", "drift.left_rule", _RULES),
    Control("stale", "With an old price", "drift.stale_rule", _RULES),
    Control("unpr", "Without a price", "drift.unpriced_rule", _RULES),
)
PHI = Control("phi", f"{named('φ').capitalize()}, %", "trade.phi")
DESTINATION = Control("dest", "Trade to", "trade.destination")
BAND = Control(
    "band", "Band", "trade.band_kind",
    "Drift inside it is left alone; larger: the larger of the two",
)  # fmt: skip
SIZES = (
    Control("nb", "Band, points", "trade.no_trade_band"),
    Control("rb", "Band, % of target", "trade.relative_band"),
    Control("mint", "Minimum trade", "trade.minimum_trade", "In the base currency"),
    Control("buf", "Cash buffer, %", "trade.cash_buffer"),
    Control(
        "budget",
        "Turnover budget, %",
        "trade.turnover_budget",
        "Within it the largest fall of drift",
    ),
)
LOTS = Control(
    "lots", "Lots", "trade.lots", "Fractional: of everything, whatever its class"
)  # fmt: skip
FRACTIONAL = Control(
    "frac", "Fractional classes", "trade.fractional_classes", own=Names(none="none", sorts=True)
)
FUNDING = Control(
    "fund", "Currencies changed by", "trade.funding", "Trades are paid from their own cash first"
)
FLOORS = Control("floors", "Cash kept, as EUR:10000", "drift.cash_floors", own=Floors())
EXITS = Control("exits", "Full exits", "trade.whole_exits")
CASH_FLOW = Control("cashflow", "Cash flow only", "trade.cash_flow_only")
LISTS = tuple(
    Control(key, label, f"trade.{knob}", "Stays in the address", of_universe=True)
    for key, label, knob in (
        ("nobuy", "Do not buy", "do_not_buy"), ("nosell", "Do not sell", "do_not_sell"),
        ("restr", "Restricted", "restricted"),
    )
)  # fmt: skip
COSTS = tuple(
    Control(f"{short}{part}", f"{label}: {word}, bps", f"trade.{name}_{word}_bps", more)
    for short, name, label in (
        ("eq", "equity", "Equity"), ("fx", "fx", "FX"), ("cr", "crypto", "Crypto"),
        ("ot", "other", "Other"),
    )
    for part, word, more in (
        ("s", "spread", "Of what is traded: half the quoted"), ("f", "fee", "Of what is traded"),
    )
)  # fmt: skip
EXPIRY = Control("exp", "Expires after, days", "trade.expires_days")
TRADING = (
    *THRESHOLDS, *RULES, PHI, DESTINATION, BAND, *SIZES, LOTS, FRACTIONAL, EXITS, CASH_FLOW,
    FUNDING, FLOORS,
    *LISTS, *COSTS, EXPIRY,
)  # fmt: skip


@functools.cache
def table() -> dict[str, Control]:
    """Key → control, of all there are."""
    shared = (UNIVERSE, PRESET, *LOOK, *CUT, *ALLOCATION, *TRADING)
    found: dict[str, Control] = {}
    for control in (*shared, *of_pages()):
        if control.key in found:
            raise ValueError(f"Two controls are called {control.key}.")
        found[control.key] = control
    return found


def of_pages() -> list[Control]:
    """What pages registered beside them; they are found, for what is shared knows no page."""
    found = []
    for path in sorted(PAGES.glob("*/*/controls.py")):
        name = ".".join(("pages", *path.relative_to(PAGES).with_suffix("").parts))
        found += importlib.import_module(name).CONTROLS
    return found


def find(key: str) -> Control | None:
    """The control of a key of the address, also as one of a family."""
    families = (c for c in table().values() if c.family and key.startswith(c.key))
    return table().get(key) or next(families, None)


def of_preset() -> list[Control]:
    """What is let go when another preset is chosen: how weights come about, and whatever else some
    preset sets."""
    decided = {knob for settings in PRESETS.values() for knob in settings}
    others = [c for c in (*LOOK, *TRADING) if c.knob in decided]
    return [*BUILD, *others, *(CUT if T.knob in decided else ())]


def of_universe() -> list[Control]:
    """What is let go when another universe is looked at."""
    return [c for c in table().values() if c.of_universe]
