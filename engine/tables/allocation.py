"""A portfolio as figures and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from engine.allocation.profiles.registry import PROFILES
from engine.core import format as fmt
from engine.core.ordering import EQUAL, by_size, rows_by_size
from engine.core.symbols import named
from engine.core.weights import effective_number
from engine.core.words import CASH
from engine.figures.palette import Ground, cluster_color
from engine.pipeline import Portfolio
from engine.tables.summary import Figure

PROFILE_NAMES = {name: profile.label for name, profile in PROFILES.items()}
_PERCENT = ("weight", "intra", "risk_share", "cvar_share", "momentum", "imputed")


def allocation_summary(
    portfolio: Portfolio, turnover: float | None, since: str = ""
) -> tuple[Figure, ...]:
    """The portfolio in a row of figures.

    turnover: one-way since the run that `since` names; None: there is no run.
    """
    made, cut = portfolio.allocation, portfolio.analysis.cut
    held = int((made.weights > 0).sum())
    reached = [f"{b.kind} {b.name}" for b in made.binding]
    return (
        Figure("as of", fmt.day(portfolio.analysis.panel.as_of)),
        Figure("profile", PROFILE_NAMES[made.profile], f"Solved by {made.solver}"),
        Figure(
            f"regime · {named('t')}",
            f"{portfolio.market.regime.state} · {fmt.threshold(cut.threshold)}", cut.reason,
        ),
        Figure("volatility", fmt.percent(made.volatility), "A year, cash included"),
        Figure(
            f"CVaR 95, {fmt.count(portfolio.inputs.horizon, 'day')}", fmt.percent(made.cvar_95, 2),
            "Mean loss on the worst 5 % of scenarios, cash included",
        ),
        Figure("cash", fmt.percent(made.cash), made.cash_reason or "All can be invested"),
        Figure("held", fmt.count(held), f"Of {fmt.count(len(made.weights), 'asset')}"),
        Figure(
            "effective holdings", fmt.number(effective_number(made.weights), 1),
            "Equal holdings as concentrated as these: (Σw)² / Σw²",
        ),
        Figure("limits reached", fmt.count(len(reached)), fmt.listing(reached)),
        Figure("turnover", fmt.percent(turnover), since or "No run is saved yet"),
    )  # fmt: skip


def holding_table(held: pd.DataFrame, cash: float, *, everyone: bool = False) -> pd.DataFrame:
    """One row a holding (or a member), the heaviest first, CASH if any; shares in %."""
    rows = held if everyone else held[held["weight"] > 0]
    rows = rows_by_size(rows, "weight")
    table = rows.assign(colour="■", **{name: 100 * rows[name] for name in _PERCENT})
    table["sector"] = table["sector"].where(table["sector"] != "", fmt.UNKNOWN)
    first = ["colour", "asset", "symbol", "weight", "cluster", "cluster_name", "class", "intra"]
    table = table[first + [c for c in table.columns if c not in first]]
    if cash > 0:
        empty = dict.fromkeys(table.columns, np.nan) | {"colour": "", "cluster_name": ""}
        line = empty | {"asset": CASH, "symbol": CASH, "weight": 100 * cash, "class": "cash"}
        line |= {"name": "", "sector": fmt.UNKNOWN, "risk_share": 0.0, "cvar_share": 0.0}
        table = pd.concat([table, pd.DataFrame([line])], ignore_index=True)
    return table.astype({"cluster": "Int64", "momentum_rank": "Int64"})


def coloured_holdings(table: pd.DataFrame, colors: dict[int, int], on: Ground) -> Styler:
    """The holding table with each cluster's colour on its mark. colors: cluster id → rank."""
    inks = [
        "" if pd.isna(i) else f"color: {cluster_color(colors[int(i)], on)}"
        for i in table["cluster"]
    ]
    return table.style.apply(lambda _: inks, subset=["colour"])


def cluster_weight_table(clusters: pd.DataFrame) -> pd.DataFrame:
    """One row a cluster with a weight, the heaviest first; shares in %."""
    rows = clusters[clusters["weight"] > 0]
    shares = {name: 100 * rows[name] for name in ("weight", "risk_share", "cvar_share")}
    return rows.assign(**shares).drop(columns="color").reset_index(drop=True)


def binding_table(portfolio: Portfolio) -> pd.DataFrame:
    """One row a limit that is reached; in %."""
    return pd.DataFrame(
        [
            (b.kind, b.name, 100 * b.value, 100 * b.limit, b.side)
            for b in portfolio.allocation.binding
        ],
        columns=["kind", "name", "value", "limit", "side"],
    )


def limit_table(portfolio: Portfolio) -> pd.DataFrame:
    """One row a limit, the nearest to being reached first; in %."""
    table = portfolio.allocation.limits
    shares = {name: 100 * table[name] for name in ("value", "lower", "upper", "slack")}
    rows = table.assign(**shares).sort_values(["kind", "name"], kind="stable")
    order = by_size(rows["slack"], np.arange(len(rows)), equal=100 * EQUAL, smallest_first=True)
    return rows.iloc[order].reset_index(drop=True)
