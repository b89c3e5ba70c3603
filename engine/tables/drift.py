"""Drift, its causes and what trading would do, as figures and tables."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from engine.core import format as fmt
from engine.core.currencies import is_cash
from engine.core.ordering import EQUAL, by_size, rows_by_size
from engine.core.words import CASH
from engine.figures.drift import signed
from engine.figures.research import FALL, RISE
from engine.params.trading import DriftParams
from engine.pipeline import HeldRisk
from engine.tables.summary import Figure
from engine.trading.causes import PARTS, Cause
from engine.trading.drift import Drift, DriftGroup, Fired, fired_share
from engine.trading.entries import ENTRIES
from engine.trading.state import State

UNKNOWN_NAME = "Unknown"
THRESHOLDS = ("rebalance_turnover", "urgent_turnover", "urgent_cap_share")
# What a person may sort by, with the column and whether the largest comes first.
SORTS = {
    "size of drift": ("size", False),
    "drift, to buy first": ("drift", False),
    "drift, to sell first": ("drift", True),
    "held": ("held", False),
    "target": ("target", False),
    "asset": ("asset", True),
}


def money(value: Decimal | None, digits: int = 2) -> str:
    """An amount with thousands; unknown as a dash."""
    return fmt.UNKNOWN if value is None else f"{value:,.{digits}f}"


def dressed(
    table: pd.DataFrame, *, money: Sequence[str] = (), points: Sequence[str] = ()
) -> Styler:
    """A table whose amounts are shown whole with thousands, and whose points are signed unless they
    come to nothing. The values behind are as they were; these columns must have no format."""
    return table.style.format(whole, subset=list(money)).format(signed, subset=list(points))


def whole(value: float) -> str:
    """An amount without its cents; unknown as a dash."""
    return fmt.number(round(value) + 0.0 if math.isfinite(value) else value, 0)


def drift_summary(
    drift: Drift, value: Decimal, cash: Decimal, currency: str, positions: int,
    as_of: dt.date, since: dt.date | None, fired: Fired | None, by_currency: str = "",
    risk: HeldRisk | None = None,
) -> tuple[Figure, ...]:  # fmt: skip
    """Drift in a row of figures. since: when last implemented; None: never. cash: of all
    currencies, and by_currency the same in words; risk: of what is held."""
    often, shares = "No month end to look back on", fmt.UNKNOWN
    if fired is not None and fired.days:
        often = f"REBALANCE or worse, and URGENT, of {fmt.count(fired.days, 'month end')}"
        shares = f"{fmt.percent(fired.rebalance, 0)}, {fmt.percent(fired.urgent, 0)}"
    return (
        Figure("status", drift.status, drift.reason),
        Figure("turnover to the target", fmt.percent(drift.turnover), "One-way, CASH included"),
        Figure("largest drift", fmt.percent(drift.largest), "Of one asset"),
        Figure(f"value, {currency}", money(value), "What has a price, and cash"),
        Figure(f"cash, {currency}", money(cash), by_currency),
        *([Figure("volatility held", fmt.percent(risk.volatility), _of_risk(risk, "Annual")),
           Figure("CVaR 95 % held", fmt.percent(risk.cvar_95),
                  _of_risk(risk, "By the scenarios of this portfolio"))] if risk else []),
        Figure("positions", fmt.count(positions)),
        Figure("as of", fmt.day(as_of)),
        Figure("last implemented", fmt.day(since), "Holdings stated, or a ticket filled"),
        Figure("REBALANCE, URGENT fired", shares, often),
    )  # fmt: skip


def cash_words(state: State) -> str:
    """Cash of each currency in words, where there is more than one."""
    if not state.foreign:
        return ""
    return ", ".join(f"{money(v)} {code}" for code, v in state.cash_by_currency.items())


def _of_risk(risk: HeldRisk, told: str) -> str:
    left = (
        f"; without {fmt.listing(risk.unknown)}, of which it is not known" if risk.unknown else ""
    )
    return f"{told}, cash in other currencies included{left}"


def drift_table(
    drift: Drift, assets: Mapping[str, str], classes: Mapping[str, str], clusters: Mapping[str, str]
) -> pd.DataFrame:
    """One row a symbol, CASH last; weights in %, drift in points, what is not known is missing."""
    return pd.DataFrame(
        [
            {
                "asset": assets.get(line.symbol, line.symbol), "symbol": line.symbol,
                **_place(line.symbol, classes, clusters),
                "last": 100 * line.last, "held": _percent(line.held), "target": 100 * line.target,
                "drift": _percent(line.drift), "size": abs(_percent(line.drift)),
                "money": _float(line.money), "action": line.action, "note": line.note,
            }
            for line in drift.lines
        ]
    )  # fmt: skip


def _place(symbol: str, classes: Mapping[str, str], clusters: Mapping[str, str]) -> dict[str, str]:
    """Class and cluster of a symbol; cash is its own."""
    if is_cash(symbol):
        return {"class": "cash", "cluster": CASH}
    return {
        "class": classes.get(symbol, UNKNOWN_NAME), "cluster": clusters.get(symbol, UNKNOWN_NAME),
    }  # fmt: skip


def chosen(
    table: pd.DataFrame, sort: str, *, find: str = "", classes: Sequence[str] = (),
    actions: Sequence[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """The rows of `drift_table` that are asked for, in the order asked for.

    find: part of an asset, symbol, cluster or note, in any case. Nothing picked: all.
    """
    rows = table
    if text := find.strip().casefold():
        columns = [rows[c].str.casefold() for c in ("asset", "symbol", "cluster", "note")]
        rows = rows[np.logical_or.reduce([c.str.contains(text, regex=False) for c in columns])]
    if classes:
        rows = rows[rows["class"].isin(classes)]
    if actions:
        rows = rows[rows["action"].isin(actions)]
    column, ascending = SORTS[sort]
    if column == "asset":
        return rows.sort_values(
            [column, "symbol"], ignore_index=True, kind="stable",
            key=lambda c: c.str.casefold() if c.name == "asset" else c,
        )  # fmt: skip
    return rows_by_size(rows, column, equal=100 * EQUAL, smallest_first=ascending)


def coloured_drift(table: pd.DataFrame) -> Styler:
    """The drift table with what is to be bought and sold in the colours of the chart."""
    inks = [
        "" if math.isnan(d) or not d else f"color: {RISE if d > 0 else FALL}"
        for d in table["drift"]
    ]
    shown = dressed(table.drop(columns="size"), money=("money",), points=("drift",))
    return shown.apply(lambda _: inks, subset=["drift", "money"], axis=0)


def drift_group_table(groups: Sequence[DriftGroup]) -> pd.DataFrame:
    """One row a cluster or class; weights in %, drift in points."""
    return pd.DataFrame(
        [
            (g.name, 100 * g.last, 100 * g.held, 100 * g.target, 100 * g.drift, float(g.money))
            for g in groups
        ],
        columns=["name", "last", "held", "target", "drift", "money"],
    )


def cause_table(causes: Sequence[Cause], assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a symbol with drift or a cause of it, the largest drift first; in points."""
    order = by_size([abs(c.drift) for c in causes], [c.symbol for c in causes])
    rows = [
        {
            "asset": assets.get(c.symbol, c.symbol), "symbol": c.symbol,
            **{name: 100 * getattr(c, name) for name in (*PARTS, "drift")},
        }
        for c in (causes[i] for i in order)
        if any(abs(getattr(c, name)) > 1e-9 for name in (*PARTS, "drift"))
    ]  # fmt: skip
    columns = ["asset", "symbol", *PARTS, "drift"]
    return pd.DataFrame(rows, columns=columns)


def fired(history: pd.DataFrame, params: DriftParams, asset_cap: float) -> Fired:
    """How often the thresholds would have fired on the dates of a history."""
    return fired_share(list(history["turnover"]), params, list(history["largest"]), asset_cap)


def fired_alone(
    history: pd.DataFrame, params: DriftParams, asset_cap: float
) -> dict[str, str]:  # fmt: skip
    """Knob of each threshold → how often it alone would have fired over a history, in words."""
    turnovers, largest = list(history["turnover"]), list(history["largest"])
    moved = fired_share(turnovers, params)
    # With no turnover nothing but the drift of one asset can fire.
    still = [math.nan if math.isnan(t) else 0.0 for t in turnovers]
    of_asset = fired_share(still, params, largest, asset_cap)
    if not moved.days:
        return dict.fromkeys(THRESHOLDS, "no month end to look back on")
    shares = (moved.rebalance, moved.urgent, of_asset.urgent)
    return {
        knob: f"alone on {round(share * moved.days)} of {fmt.count(moved.days, 'month end')}"
        for knob, share in zip(THRESHOLDS, shares, strict=True)
    }


def drift_history_table(history: pd.DataFrame) -> pd.DataFrame:
    """A row a date, the latest first; turnover, flows and largest drift in %."""
    table, shares = history.copy(), ["turnover", "flows", "largest"]
    table[shares] = 100 * table[shares].astype(float)
    return table.sort_values("date", ascending=False, ignore_index=True)


def missing_table(drift: Drift, problems: Sequence[Any], assets: Mapping[str, str]) -> pd.DataFrame:
    """What left the universe, is stale or has no price, with its rule; in %.

    problems: with symbol, kind and detail.
    """
    by_symbol = {line.symbol: line for line in drift.lines}
    rows = []
    for p in problems:
        line = by_symbol[p.symbol]
        rule = line.note.partition(": ")[2] or "not weighed"
        name = assets.get(p.symbol, p.symbol)
        rows.append((name, p.symbol, p.kind, rule, _percent(line.held), p.detail))
    columns = ["asset", "symbol", "problem", "rule", "held", "detail"]
    return pd.DataFrame(rows, columns=columns)


def _percent(value: float | None) -> float:
    return np.nan if value is None else 100 * value


def _float(value: Decimal | None) -> float:
    return np.nan if value is None else float(value)


def entry_table(entries: Sequence[Any]) -> pd.DataFrame:
    """One row an entry of a ledger, the latest first. entries: as `engine.store.Entry`."""
    return pd.DataFrame(
        [
            {
                "seq": e.seq, "kind": e.kind, "effective": e.effective_date,
                "written": e.wall_time, "by": e.by, "what": _what(e),
                "hash": e.hash,
            }
            for e in reversed(entries)
        ]
    )  # fmt: skip


def _what(entry: Any) -> str:
    """An entry's payload in words."""
    known = ENTRIES.get(entry.kind)
    return known.words(entry.payload) if known else str(entry.payload.get("reason") or entry.kind)
