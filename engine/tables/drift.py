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

from engine import format as fmt
from engine.figures.research import FALL, RISE
from engine.portfolio.audit import CASH
from engine.portfolio.causes import Cause
from engine.portfolio.drift import Drift, DriftGroup, Fired, fired_share
from engine.portfolio.trade_params import DriftParams
from engine.portfolio.trades import TradePlan
from engine.research.drift import Effect
from engine.tables.summary import Figure

UNKNOWN_NAME = "Unknown"
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


def drift_summary(
    drift: Drift, value: Decimal, cash: Decimal, currency: str, positions: int,
    as_of: dt.date, since: dt.date | None, fired: Fired | None,
) -> tuple[Figure, ...]:  # fmt: skip
    """Drift in a row of figures. since: when last implemented; None: never."""
    often = "No month end to look back on"
    if fired is not None and fired.days:
        often = (
            f"Of {fmt.count(fired.days, 'month end')}: REBALANCE or worse on "
            f"{fmt.percent(fired.rebalance, 0)}, URGENT on {fmt.percent(fired.urgent, 0)}"
        )
    return (
        Figure("status", drift.status, drift.reason),
        Figure("turnover to the target", fmt.percent(drift.turnover), "One-way, CASH included"),
        Figure("largest drift", fmt.percent(drift.largest), "Of one asset"),
        Figure(f"value, {currency}", money(value), "What has a price, and cash"),
        Figure(f"cash, {currency}", money(cash)),
        Figure("positions", fmt.count(positions)),
        Figure("as of", fmt.day(as_of)),
        Figure("last implemented", fmt.day(since), "Holdings stated, or a ticket filled"),
        Figure(
            "would have fired", fmt.UNKNOWN if fired is None else fmt.percent(fired.rebalance, 0),
            often,
        ),
    )  # fmt: skip


def drift_table(
    drift: Drift, assets: Mapping[str, str], classes: Mapping[str, str], clusters: Mapping[str, str]
) -> pd.DataFrame:
    """One row a symbol, CASH last; weights in %, drift in points, what is not known is missing."""
    return pd.DataFrame(
        [
            {
                "asset": assets.get(line.symbol, line.symbol), "symbol": line.symbol,
                "class": "cash" if line.symbol == CASH else classes.get(line.symbol, UNKNOWN_NAME),
                "cluster": CASH if line.symbol == CASH else clusters.get(line.symbol, UNKNOWN_NAME),
                "last": 100 * line.last, "held": _percent(line.held), "target": 100 * line.target,
                "drift": _percent(line.drift), "size": abs(_percent(line.drift)),
                "money": _float(line.money), "action": line.action, "note": line.note,
            }
            for line in drift.lines
        ]
    )  # fmt: skip


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
    return rows.sort_values(
        [column, "symbol"], ascending=[ascending, True], ignore_index=True, kind="stable",
        key=lambda c: c.str.casefold() if c.name == "asset" else c,
    )  # fmt: skip


def coloured_drift(table: pd.DataFrame) -> Styler:
    """The drift table with what is to be bought and sold in the colours of the chart."""
    inks = [
        "" if math.isnan(d) or not d else f"color: {RISE if d > 0 else FALL}"
        for d in table["drift"]
    ]
    shown = table.drop(columns="size")
    return shown.style.apply(lambda _: inks, subset=["drift"]).apply(
        lambda _: inks, subset=["money"]
    )


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
    rows = [
        {
            "asset": assets.get(c.symbol, c.symbol), "symbol": c.symbol,
            **{name: 100 * getattr(c, name) for name in ("price", "clusters", "targets", "drift")},
        }
        for c in sorted(causes, key=lambda c: (-abs(c.drift), c.symbol))
        if any(abs(v) > 1e-9 for v in (c.price, c.clusters, c.targets, c.drift))
    ]  # fmt: skip
    columns = ["asset", "symbol", "price", "clusters", "targets", "drift"]
    return pd.DataFrame(rows, columns=columns)


def fired(history: pd.DataFrame, params: DriftParams, asset_cap: float) -> Fired:
    """How often the thresholds would have fired on the dates of a history."""
    return fired_share(list(history["turnover"]), params, list(history["largest"]), asset_cap)


def drift_history_table(history: pd.DataFrame) -> pd.DataFrame:
    """A row a date, the latest first; turnover and largest drift in %."""
    table = history.copy()
    table[["turnover", "largest"]] = 100 * table[["turnover", "largest"]].astype(float)
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


def plan_figures(plan: TradePlan, currency: str) -> tuple[Figure, ...]:
    """What the trades come to, in a row of figures."""
    bps = 1e4 * float(plan.cost / plan.value_before)
    return (
        Figure("trades", fmt.count(len(plan.lines)), _rounding(plan)),
        Figure("turnover", fmt.percent(plan.turnover, 2), "One-way, CASH included"),
        Figure(
            f"cost, {currency}", money(plan.cost), f"{fmt.number(bps, 2)} bps of the value"
        ),
        Figure("drift now", fmt.percent(plan.drift_before, 2), "½ Σ|target − held|"),
        Figure("drift that remains", fmt.percent(plan.drift_after, 2), "After these trades"),
        Figure(f"cash after, {currency}", money(plan.cash_after)),
    )  # fmt: skip


def plan_table(
    plan: TradePlan, assets: Mapping[str, str], classes: Mapping[str, str]
) -> pd.DataFrame:
    """One row a trade; weights in %, quantities as exact text."""
    return pd.DataFrame(
        [
            {
                "asset": assets.get(x.symbol, x.symbol), "symbol": x.symbol,
                "class": classes.get(x.symbol, UNKNOWN_NAME), "side": x.side,
                "quantity": f"{x.quantity:,f}", "price": float(x.price), "value": float(x.value),
                "cost": float(x.cost), "before": 100 * x.weight_before,
                "after": 100 * x.weight_after, "volume": _percent(x.volume_share),
                "reason": x.reason,
            }
            for x in plan.lines
        ],
        columns=[
            "asset", "symbol", "class", "side", "quantity", "price", "value", "cost", "before",
            "after", "volume", "reason",
        ],
    )  # fmt: skip


def untraded_table(plan: TradePlan, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a symbol that is not traded, with its reason."""
    rows = [(assets.get(s, s), s, reason) for s, reason in plan.untraded]
    return pd.DataFrame(rows, columns=["asset", "symbol", "reason"])


def effect_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """One row a way of trading; turnover and what remains in %."""
    return pd.DataFrame(
        [
            (e.name, 100 * e.turnover, float(e.cost), e.bps, 100 * e.remains, e.lines)
            for e in effects
        ],
        columns=["way", "turnover", "cost", "bps", "remains", "trades"],
    )


def _rounding(plan: TradePlan) -> str:
    """Which way of rounding was used, beside the other."""
    others = ", ".join(f"{name} misses {fmt.percent(t, 3)}" for name, t in plan.tracking.items())
    return f"Lots: {plan.rounding}" + (f" ({others})" if others else "")


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
                "written": e.wall_time, "by": e.by, "what": _what(e.kind, e.payload),
                "hash": e.hash,
            }
            for e in reversed(entries)
        ]
    )  # fmt: skip


def _what(kind: str, payload: Mapping[str, Any]) -> str:
    """An entry's payload in words."""
    cash = payload.get("cash")
    if kind == "create":
        return f"universe {payload['universe']}, base currency {payload['base_currency']}"
    if kind == "holdings":
        told = fmt.count(len(payload["positions"]), "position")
        return told if cash is None else f"{told}, cash {cash}"
    if kind == "cash":
        return f"{payload['amount']} {'out' if payload['amount'].startswith('-') else 'in'}"
    if kind == "ticket":
        return f"{fmt.count(len(payload.get('fills', ())), 'fill')}"
    if kind == "split":
        return f"{payload['symbol']} {payload['ratio']}"
    if kind == "dividend":
        return f"{payload.get('symbol', '')} {payload.get('amount') or payload.get('per_unit')}"
    return str(payload.get("reason") or "correction")
