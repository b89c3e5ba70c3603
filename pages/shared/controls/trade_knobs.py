"""Knobs of drift and trades as keys of the address: which, in what unit, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.params.trading import BANDS, DESTINATIONS, LOTS, RULES

ON_OFF = ("on", "off")
BETWEEN = ";"
# Key in the address → knob, choices.
DRIFT_CHOICES = {
    "left": ("left_rule", RULES), "stale": ("stale_rule", RULES), "unpr": ("unpriced_rule", RULES),
}  # fmt: skip
TRADE_CHOICES = {
    "dest": ("destination", DESTINATIONS), "band": ("band_kind", BANDS), "lots": ("lots", LOTS),
}  # fmt: skip
# In %: knob, highest.
DRIFT_SHARES = {
    "reb": ("rebalance_turnover", 100.0), "urg": ("urgent_turnover", 100.0),
    "uas": ("urgent_cap_share", 1000.0),
}  # fmt: skip
TRADE_SHARES = {
    "phi": ("phi", 100.0), "nb": ("no_trade_band", 100.0), "rb": ("relative_band", 1000.0),
    "buf": ("cash_buffer", 90.0), "budget": ("turnover_budget", 100.0),
}  # fmt: skip
# In their own unit.
TRADE_NUMBERS = {"mint": ("minimum_trade", 1e9)} | {
    f"{short}{part}": (f"{name}_{long}_bps", 1000.0)
    for short, name in (("eq", "equity"), ("fx", "fx"), ("cr", "crypto"), ("ot", "other"))
    for part, long in (("s", "spread"), ("f", "fee"))
}
# In whole numbers: knob, lowest, highest.
TRADE_COUNTS = {"exp": ("expires_days", 1, 90)}
TRADE_SWITCHES = {"exits": "whole_exits", "cashflow": "cash_flow_only"}
TRADE_LISTS = {"nobuy": "do_not_buy", "nosell": "do_not_sell", "restr": "restricted"}
TRADE_CLASSES = {"frac": "fractional_classes"}
NO_CLASS = "none"
KEYS = (
    *DRIFT_CHOICES, *DRIFT_SHARES, *TRADE_CHOICES, *TRADE_SHARES, *TRADE_NUMBERS, *TRADE_SWITCHES,
    *TRADE_LISTS, *TRADE_CLASSES, *TRADE_COUNTS,
)  # fmt: skip


def text_of(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.10g}"


def class_text(classes: Sequence[str]) -> str:
    """Classes; none has a word, for an address leaves nothing out."""
    return BETWEEN.join(sorted(classes)) or NO_CLASS


def on_off(value: bool) -> str:
    """A switch."""
    return "on" if value else "off"


def is_on(text: str) -> bool:
    """Reads a switch. Raises ValueError."""
    return ON_OFF.index(text) == 0


def one_of(options: tuple[str, ...]) -> Callable[[str], str]:
    """Reads a choice. Raises ValueError for another."""
    return lambda text: options[options.index(text)]


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number. Raises ValueError outside low … high."""

    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def within(high: float) -> Callable[[str], float]:
    """Reads a number. Raises ValueError outside 0 … high, for NaN too."""

    def read(text: str) -> float:
        value = float(text)
        if not 0 <= value <= high:
            raise ValueError(text)
        return value

    return read
