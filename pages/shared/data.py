"""Stages of the pipeline, each cached by the snapshot and the parameters it depends on.

A moved slider recomputes only what lies behind it. What comes back is shared between sessions:
it is frozen, and pages never change it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine import pipeline, tables
from engine.analytics.correlation import Correlation
from engine.analytics.foretell import foretell
from engine.analytics.fragility import Fragility
from engine.analytics.sentiment import Sentiment
from engine.analytics.suggest import Suggestion
from engine.analytics.tree import Tree
from engine.desk import DEFAULT_DB, Desk, Opened
from engine.market.grid import default_as_of
from engine.market.oddities import Oddity
from engine.market.panel import Panel
from engine.market.valuation import base_of
from engine.params import Params
from engine.pipeline import keys
from engine.pipeline.over_time import OverTime, clusters_over_time
from engine.store import Catalog, Removal, UniverseInfo


@dataclass(frozen=True)
class View:
    """What is looked at: a snapshot of a universe, under one set of parameters.

    The base currency stands by its name in them, whether it was named or is the universe's: what is
    cached has one key.
    """

    opened: Opened
    params: Params

    def __post_init__(self) -> None:
        base = base_of(self.params.data.base_currency, self.opened.grid.instruments)
        if base != self.params.data.base_currency:
            named = self.params.with_settings({"data.base_currency": base})
            object.__setattr__(self, "params", named)

    def key(self, *names: str) -> str:
        """Names the snapshot and these parameters (`group` or `group.knob`), for a cache.

        Text, because Streamlit takes a millisecond to hash a group of parameters.
        """
        values = [self.params.at(name) for name in names]
        return repr((self.opened.snapshot.info.snapshot_id, values))

    def with_threshold(self, threshold: float | None) -> View:
        """The same, cut elsewhere; None: auto."""
        return View(self.opened, self.params.with_settings({"tree.threshold": threshold}))


@st.cache_resource
def desk() -> Desk:
    """The database named after `--` on Streamlit's command line (`-- --db PATH`)."""
    return Desk(_database())


def _database() -> str:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--db", default=str(DEFAULT_DB))
    return parser.parse_known_args(sys.argv[1:])[0].db


def catalog() -> Catalog:
    """Universes in the store; read again only when something was stored since."""
    found = _catalog(str(desk().store.path), desk().store.stamp())
    if found.notice:
        _catalog.clear()  # the store was busy: ask again next time
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalog(path: str, stamp: str) -> Catalog:
    return desk().store.catalog()


def deleted() -> list[tuple[UniverseInfo, Removal]]:
    """Universes that are deleted now; read again only when something was stored since."""
    return _deleted(str(desk().store.path), desk().store.stamp())


@st.cache_resource(max_entries=4, show_spinner=False)
def _deleted(path: str, stamp: str) -> list[tuple[UniverseInfo, Removal]]:
    return desk().deleted()


@st.cache_resource(max_entries=6, show_spinner="Reading prices")
def opened(universe: str, snapshot_id: str) -> Opened:
    """A snapshot on its calendar."""
    return desk().open(universe, snapshot_id)


def default_date(opened: Opened) -> dt.date:
    """The universe's default as-of date."""
    return _default_date(opened.snapshot.info.snapshot_id, Params().panel.max_gap, opened)


@st.cache_resource(max_entries=64, show_spinner=False)
def _default_date(snapshot_id: str, max_gap: int, _opened: Opened) -> dt.date:
    return default_as_of(_opened.grid, max_gap)


def latest(universe: str) -> Opened:
    """A universe at its latest snapshot."""
    info = catalog().find(universe)
    return opened(universe, info.snapshot_id) if info else desk().open(universe)


def odd(of: Opened) -> tuple[Oddity, ...]:
    """What looks wrong of a snapshot."""
    return _odd(of.snapshot.info.snapshot_id, of)


@st.cache_resource(max_entries=8, show_spinner="Looking through every series")
def _odd(snapshot_id: str, _opened: Opened) -> tuple[Oddity, ...]:
    return desk().odd(_opened)


def excluded(universe: str) -> pd.DataFrame:
    """Rows that are excluded now, the latest first."""
    return desk().store.exclusions.of(universe)


def ingests(universe: str) -> pd.DataFrame:
    """Every load of a universe, the latest first."""
    return desk().store.ingests(universe)


def quarantine(universe: str) -> pd.DataFrame:
    """Rejected rows, the latest load first."""
    return desk().store.quarantine(universe)


def quarantine_counts(universe: str) -> pd.DataFrame:
    """Rejected rows by reason."""
    return desk().store.quarantine_counts(universe)


def panel(view: View, *, allow_empty: bool = False) -> Panel:
    """Who is in, who is out and why, and returns; `allow_empty`: even if nobody is in."""
    return _panel(view.key(*keys.PANEL), allow_empty, view)


@st.cache_resource(max_entries=64, show_spinner=False)
def _panel(key: str, allow_empty: bool, _view: View) -> Panel:
    p = _view.params
    return pipeline.build_panel(_view.opened.grid, p.data, p.panel, allow_empty=allow_empty)


def correlation(view: View) -> Correlation:
    """Correlations of the members."""
    return _correlation(view.key(*keys.CORRELATION), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _correlation(key: str, _view: View) -> Correlation:
    return pipeline.correlate(panel(_view), _view.params)


def tree(view: View) -> Tree:
    """The correlation tree."""
    return _tree(view.key(*keys.TREE), view)


@st.cache_resource(max_entries=64, show_spinner=False)
def _tree(key: str, _view: View) -> Tree:
    return pipeline.grow(correlation(_view), _view.params)


def asset_names(view: View) -> dict[str, str]:
    """symbol → text to find an asset by."""
    return _asset_names(view.key(*keys.PANEL), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _asset_names(key: str, _view: View) -> dict[str, str]:
    return tables.asset_names(panel(_view))


def tree_values(view: View) -> dict:
    """The tree for the browser."""
    return _tree_values(view.key(*keys.TREE), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _tree_values(key: str, _view: View) -> dict:
    return tables.browser_tree(panel(_view), correlation(_view), tree(_view), key)


def cut(view: View) -> pipeline.Cut:
    """Labels and clusters at the threshold in use; fast enough not to be cached."""
    auto = view.params.tree.threshold is None
    return pipeline.cut_tree(
        panel(view), correlation(view), tree(view), view.params,
        market(view).regime if auto else None,
    )  # fmt: skip


def market(view: View) -> pipeline.Market:
    """The market basket, the history of its regime, and the state as of the date."""
    return _market(view.key(*keys.MARKET), view)


@st.cache_resource(max_entries=32, show_spinner="Telling the regime")
def _market(key: str, _view: View) -> pipeline.Market:
    return pipeline.market_state(_view.opened.grid, _view.params)


def sentiment(view: View) -> Sentiment:
    """The FX multiplier and its history."""
    return _sentiment(view.key(*keys.FX), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sentiment(key: str, _view: View) -> Sentiment:
    return pipeline.fx_sentiment(_view.opened.grid, _view.params)


def risk(view: View) -> pipeline.Risk:
    """Scenarios, covariance, fragility of the assets, momentum, expected returns."""
    return _risk(view.key(*keys.RISK), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _risk(key: str, _view: View) -> pipeline.Risk:
    basket = market(_view).basket
    return pipeline.assess_risk(panel(_view), correlation(_view), basket, _view.params)


def cluster_fragility(view: View) -> Fragility:
    """Fragility of the clusters of the cut, by id."""
    return _cluster_fragility(view.key(*keys.CLUSTER_RISK), view)


@st.cache_resource(max_entries=64, show_spinner=False)
def _cluster_fragility(key: str, _view: View) -> Fragility:
    return pipeline.cluster_fragility(panel(_view), cut(_view), risk(_view), _view.params)


def portfolio(view: View) -> pipeline.Portfolio:
    """Every stage down to the weights. Raises NoPortfolio, SolverFailed."""
    return _portfolio(view.key(*keys.PORTFOLIO), view)


@st.cache_resource(max_entries=64, show_spinner=False)
def _portfolio(key: str, _view: View) -> pipeline.Portfolio:
    analysis = pipeline.Analysis(panel(_view), correlation(_view), tree(_view), cut(_view))
    return pipeline.allocated(
        analysis,
        market(_view),
        sentiment(_view),
        risk(_view),
        cluster_fragility(_view),
        _view.params,
    )


def swept(view: View) -> pipeline.Swept:
    """The tree at every threshold."""
    return _swept(view.key(*keys.SWEEP), view)


@st.cache_resource(max_entries=64, show_spinner="Cutting at every threshold")
def _swept(key: str, _view: View) -> pipeline.Swept:
    return pipeline.sweep_tree(correlation(_view), tree(_view), _view.params)


def suggestion(view: View) -> Suggestion:
    """The suggested threshold, whatever page asks."""
    return swept(over_the_tree(view)).suggestion


def over_the_tree(view: View) -> View:
    """The view with a sweep that reaches the top of a Ward tree, whose heights exceed 0.9."""
    if view.params.tree.heights_are_distances:
        return view
    return View(view.opened, pipeline.sweep_to_top(tree(view), view.params))


# Of the pages Regime and Fragility alone.
def foretold(view: View) -> pd.DataFrame:
    """How well score and plain volatility foretold the next month."""
    return _foretold(view.key(*keys.MARKET), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _foretold(key: str, _view: View) -> pd.DataFrame:
    found = market(_view)
    return tables.foretell_table(foretell(found.history, found.basket.returns))


def over_time(view: View) -> OverTime:
    """CVaR of today's clusters at each month end."""
    return _over_time(view.key(*keys.OVER_TIME), view)


@st.cache_resource(max_entries=32, show_spinner="Looking back")
def _over_time(key: str, _view: View) -> OverTime:
    intra = pipeline.within_clusters(cut(_view), risk(_view), _view.params)
    return clusters_over_time(_view.opened.grid, panel(_view), cut(_view), intra, _view.params)
