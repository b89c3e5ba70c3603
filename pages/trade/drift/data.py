"""What the page Drift shows beside the drift itself, cached by text keys."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import streamlit as st

from engine.desk import DriftView
from engine.desk.drift_view import in_currency
from engine.params import TradeParams
from engine.research.drift import Effect, effects
from engine.store import Entry, PortfolioInfo
from engine.tables.drift import THRESHOLDS
from engine.trading.state import state_at
from pages.shared import data
from pages.trade.shared import data as ticket_data

AS_SET = "As set"
# What the history depends on, beside the portfolio's ledger.
HISTORY = ("data.as_of", "panel.max_gap")


def history(view: data.View, info: PortfolioInfo, asset_cap: float) -> pd.DataFrame:
    """Drift at month ends since the first holdings or ticket. asset_cap: of the drift shown."""
    own = data.View(view.opened, in_currency(view.params, info.base_currency))
    thresholds = [getattr(own.params.drift, knob) for knob in THRESHOLDS]
    key = repr(
        (own.key(*HISTORY), info.base_currency, info.name, info.head_hash, thresholds, asset_cap)
    )
    return _history(key, info.name, own, asset_cap)


@st.cache_resource(max_entries=16, show_spinner="Looking back")
def _history(key: str, _name: str, _view: data.View, _cap: float) -> pd.DataFrame:
    return data.desk().portfolios.history(
        _name, _view.params, as_of=_view.params.data.as_of, asset_cap=_cap
    )


def ways(found: DriftView, trade: TradeParams) -> tuple[Effect, ...]:
    """What is set and others beside it: turnover, cost, what remains."""
    return _ways(ticket_data.made_from(found, trade), found, trade)


@st.cache_resource(max_entries=32, show_spinner=False)
def _ways(key: str, _found: DriftView, _trade: TradeParams) -> tuple[Effect, ...]:
    return effects({name: ticket_data.plan(_found, t) for name, t in others(_trade).items()})


def others(trade: TradeParams) -> dict[str, TradeParams]:
    """What is set, and ways of trading that differ from it in one thing; each is another way."""
    made = {
        AS_SET: trade,
        "All of the way": dataclasses.replace(trade, phi=1.0),
        "Half of the way": dataclasses.replace(trade, phi=0.5),
        "To the target": dataclasses.replace(trade, destination="target"),
        "To the edge of the band": dataclasses.replace(trade, destination="edge"),
        "Without bands": dataclasses.replace(trade, no_trade_band=0.0, relative_band=0.0),
        "Bands of 1 point": dataclasses.replace(trade, no_trade_band=0.01, band_kind="larger"),
        "Within 5 % turnover": dataclasses.replace(trade, turnover_budget=0.05),
    }
    return {n: t for n, t in made.items() if n == AS_SET or t != trade}


def entries(info: PortfolioInfo) -> tuple[Entry, ...]:
    """The ledger of a portfolio; read again only when it has grown."""
    return _entries(str(data.desk().store.path), info.head_hash, info.name)


@st.cache_resource(max_entries=16, show_spinner=False)
def _entries(path: str, head: str, name: str) -> tuple[Entry, ...]:
    return data.desk().portfolios.entries(name)


def held(info: PortfolioInfo, as_of: dt.date) -> list[str]:
    """Symbols held on the date or by the last entry."""
    known = entries(info)
    days = [dt.date.max, *([as_of] if as_of >= known[0].effective_date else [])]
    return sorted({symbol for day in days for symbol in state_at(known, day).quantities})
