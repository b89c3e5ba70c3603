"""Caches of the pages: a key changes with whatever the stage depends on, and with nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import inspect
from types import SimpleNamespace

import pytest
from hand_made import make_grid, walk
from root import ROOT

from engine.desk import Opened
from engine.params import Params, all_knobs
from engine.pipeline import keys as stages
from engine.store import PortfolioInfo
from engine.tables.drift import THRESHOLDS
from pages.build.allocation import data as build_data
from pages.shared import data
from pages.trade.drift import data as trade_data
from pages.trade.shared import data as ticket_data

OTHER = {
    "data.as_of": "2024-02-01", "data.classes": "equity", "data.base_currency": "EUR",
    "panel.lookback": 210, "panel.min_history": 61, "panel.max_gap": 11, "panel.stale_after": 6,
    "panel.horizon": 2, "panel.include_pegs": True, "panel.peg_volatility": 0.03,
    "correlation.shrink": False, "tree.linkage": "single", "tree.threshold": 0.5,
    "sweep.start": 0.2, "sweep.stop": 0.8, "sweep.step": 0.02,
    "limits.cluster_cap": 0.3, "limits.asset_cap": 0.2, "limits.asset_cap_names": 2,
    "limits.group_cap": 0.3, "limits.groups": "sector", "limits.equity_budget": 0.9,
    "limits.crypto_budget": 0.1, "limits.fx_budget": 0.3, "limits.other_budget": 0.9,
    "limits.bounds": "asset:AAPL=0.02..0.05", "regime.basket": "AAPL", "regime.mode": "continuous",
    "regime.short_days": 11, "regime.lookback": 210, "regime.hold_days": 5,
    "fragility.min_observations": 61, "fragility.trail_days": 121, "within.alpha": 0.6,
    "within.momentum_days": 100, "sentiment.kappa": 0.5, "allocation.layers": "single",
    "allocation.profile": "hrp", "allocation.penalty": 1.0, "allocation.penalty_kind": "score",
    "allocation.cash_rate": 0.01, "regime.t_crisis": 0.2, "regime.t_normal": 0.45,
    "regime.t_quiet": 0.6, "drift.rebalance_turnover": 0.05, "drift.urgent_turnover": 0.3,
    "drift.urgent_cap_share": 0.5, "drift.left_rule": "hold", "drift.stale_rule": "sell",
    "drift.unpriced_rule": "hold", "trade.phi": 0.5, "trade.destination": "edge",
    "trade.band_kind": "absolute", "trade.no_trade_band": 0.01, "trade.relative_band": 0.1,
    "trade.whole_exits": False, "trade.minimum_trade": 5.0, "trade.lots": "fractional",
    "trade.fractional_classes": ("fx",), "trade.cash_buffer": 0.1, "trade.turnover_budget": 0.5,
    "trade.cash_flow_only": True, "trade.expires_days": 3, "trade.do_not_buy": ("A",),
    "trade.do_not_sell": ("A",), "trade.restricted": ("A",), "trade.equity_spread_bps": 9.0,
    "trade.equity_fee_bps": 9.0, "trade.fx_spread_bps": 9.0, "trade.fx_fee_bps": 9.0,
    "trade.crypto_spread_bps": 9.0, "trade.crypto_fee_bps": 9.0, "trade.other_spread_bps": 9.0,
    "trade.other_fee_bps": 9.0,
    "trade.funding": "broker", "drift.cash_floors": ("EUR:5",),
}  # fmt: skip
# Stage → the groups or knobs it depends on, its own and those of the stages before it.
STAGES = {
    stages.PANEL: ("data.", "panel."),
    stages.CORRELATION: ("data.", "panel.", "correlation."),
    stages.TREE: ("data.", "panel.", "correlation.", "tree.linkage"),
    stages.MARKET: ("data.as_of", "panel.max_gap", "regime."),
    stages.FX: ("data.as_of", "panel.max_gap", "sentiment."),
    stages.RISK: (
        "data.",
        "panel.",
        "correlation.",
        "regime.basket",
        "fragility.min_observations",
        "within.momentum_days",
        "allocation.cash_rate",
    ),
    stages.CLUSTER_RISK: (
        "data.",
        "panel.",
        "correlation.",
        "tree.",
        "regime.",
        "fragility.min_observations",
        "within.",
        "allocation.cash_rate",
    ),
    stages.PORTFOLIO: (
        "data.",
        "panel.",
        "correlation.",
        "tree.",
        "regime.",
        "fragility.min_observations",
        "within.",
        "sentiment.",
        "allocation.",
        "limits.",
    ),
    stages.OVER_TIME: (
        "data.",
        "panel.",
        "correlation.",
        "tree.",
        "regime.",
        "fragility.",
        "within.",
        "allocation.cash_rate",
    ),
    stages.SWEEP: (
        "data.",
        "panel.",
        "correlation.",
        "tree.linkage",
        "sweep.",
        "limits.",
        "regime.",
    ),
}


class _Info:
    snapshot_id = "abc"


class _Snapshot:
    info = _Info()


def view(**settings: object) -> data.View:
    grid = make_grid({"A": walk(1, 50)})
    return data.View(Opened(_Snapshot(), grid), Params().with_settings(settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("knob", [key for key, _ in all_knobs()])
def test_keys_of_the_stages_that_depend_on_a_knob_change_with_it(knob: str) -> None:
    assert OTHER[knob] is not None, "give every knob another value here"
    usual, other = view(), view(**{knob: OTHER[knob]})
    changed = [stage for stage in STAGES if other.key(*stage) != usual.key(*stage)]
    assert changed == [stage for stage, groups in STAGES.items() if knob.startswith(groups)]


# What the pages Drift and Tickets cache: the key alone comes back.

INFO = PortfolioInfo(
    "main", "packaged", "USD", dt.datetime(2022, 1, 1, tzinfo=dt.UTC), "Ann", 2,
    dt.date(2022, 6, 30), "f" * 64,
)  # fmt: skip
OTHER_INFO = {"name": "other", "base_currency": "EUR", "head_hash": "0" * 64}
UNUSED_INFO = {"by": "Bob", "created_at": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}


CACHED = {
    data: (
        "_default_date", "_panel", "_correlation", "_tree", "_asset_names", "_tree_values",
        "_market", "_sentiment", "_risk", "_cluster_fragility", "_portfolio", "_swept",
        "_foretold", "_over_time", "_deleted",
    ),
    build_data: ("_holding_frames", "_compared", "_tracking", "_replays", "_runs", "_why"),
    ticket_data: ("_portfolios", "_tickets", "_drift", "_plan"),
    trade_data: ("_history", "_ways", "_entries"),
}  # fmt: skip


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cached function gives what it is keyed by."""
    for module, names in CACHED.items():
        for name in names:
            parameters = inspect.signature(getattr(module, name)).parameters
            hashed = [k for k, p in enumerate(parameters) if not p.startswith("_")]
            monkeypatch.setattr(
                module, name, lambda *given, hashed=hashed: [given[k] for k in hashed]
            )


def found_of(**settings: object) -> SimpleNamespace:
    """What a plan reads of a drift."""
    base = {"params": view().params, "ledger_head": "f" * 64, "snapshot_id": "abc"}
    return SimpleNamespace(**(base | settings))


@pytest.mark.parametrize("knob", [key for key, _ in all_knobs()])
def test_drift_its_history_and_plans_change_with_their_knobs(keys: None, knob: str) -> None:
    changed = view(**{knob: OTHER[knob]})
    of_target = knob.startswith((*STAGES[stages.PORTFOLIO], "drift."))
    # A portfolio has a base currency of its own.
    own = knob != "data.base_currency"
    drifts = [ticket_data.drift(v, INFO) for v in (view(), changed)]
    assert (drifts[0] != drifts[1]) == (of_target and own)
    pasts = [trade_data.history(v, INFO, 0.1) for v in (view(), changed)]
    thresholds = [f"drift.{name}" for name in THRESHOLDS]
    assert (pasts[0] != pasts[1]) == (knob in (*trade_data.HISTORY, *thresholds))
    assert pasts[0] != trade_data.history(view(), INFO, 0.2)
    founds = [found_of(), found_of(params=changed.params)]
    of_trades = knob.startswith("trade.") and knob != "trade.expires_days"
    for made in (ticket_data.plan, trade_data.ways):
        plans = [made(found, found.params.trade) for found in founds]
        assert (plans[0] != plans[1]) == (of_target or of_trades)


@pytest.mark.parametrize("name", [*OTHER_INFO, *UNUSED_INFO])
def test_the_ledger_changes_keys(keys: None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = dataclasses.replace(INFO, **{name: (OTHER_INFO | UNUSED_INFO)[name]})
    for made, more in ((ticket_data.drift, ()), (trade_data.history, (0.1,))):
        one, two = (made(view(), info, *more) for info in (INFO, other))
        differs = one != two
        assert differs == (name in OTHER_INFO)
    monkeypatch.setattr(data, "desk", lambda: desk_at("a", "1"))
    differs = trade_data.entries(INFO) != trade_data.entries(other)
    assert differs == (name in ("name", "head_hash"))


def desk_at(path: str, stamp: str) -> SimpleNamespace:
    return SimpleNamespace(store=SimpleNamespace(path=path, stamp=lambda: stamp))


def test_what_is_read_of_the_store_changes_with_file_and_stamp(
    keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = {"portfolios": [], "tickets": [], "entries": []}
    # `portfolios` sifts what comes back by universe.
    monkeypatch.setattr(ticket_data, "_portfolios", lambda *key: ([keyed(key)], {}))
    for path, stamp in (("a", "1"), ("b", "1"), ("a", "2")):
        monkeypatch.setattr(data, "desk", lambda path=path, stamp=stamp: desk_at(path, stamp))
        found, _ = ticket_data.portfolios("packaged")
        read["portfolios"].append(found["main"].key)
        read["tickets"].append(ticket_data.tickets("main"))
        read["entries"].append(trade_data.entries(INFO))
    for name in ("portfolios", "tickets"):
        assert len({repr(key) for key in read[name]}) == 3, name
    assert read["entries"][0] == read["entries"][2] != read["entries"][1]
    assert ticket_data.tickets("main") != ticket_data.tickets("other")


def keyed(key: tuple[str, ...]) -> SimpleNamespace:
    return SimpleNamespace(key=key, name="main", universe="packaged")


# What each function of a view is keyed by.
KEYED = {
    data.panel: stages.PANEL, data.correlation: stages.CORRELATION, data.tree: stages.TREE,
    data.asset_names: stages.PANEL, data.tree_values: stages.TREE, data.market: stages.MARKET,
    data.sentiment: stages.FX, data.risk: stages.RISK, data.swept: stages.SWEEP,
    data.cluster_fragility: stages.CLUSTER_RISK, data.portfolio: stages.PORTFOLIO,
    data.foretold: stages.MARKET, data.over_time: stages.OVER_TIME,
    build_data.holding_frames: stages.PORTFOLIO, build_data.compared: stages.PORTFOLIO,
    build_data.replays: stages.PORTFOLIO,
}  # fmt: skip


@pytest.mark.parametrize("function", KEYED, ids=lambda f: f.__name__)
def test_each_stage_is_keyed_by_what_it_depends_on(keys: None, function) -> None:
    assert function(view())[0] == view().key(*KEYED[function])


def test_a_key_names_what_is_asked_for_beside_the_view(
    keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A benchmark, a run, whether nobody may be in: each has an answer of its own."""
    one, other = (build_data.tracking(view(), name) for name in ("SP500", build_data.EQUAL))
    assert one != other
    assert one[0] == other[0] == view().key(*stages.PORTFOLIO)
    runs = [SimpleNamespace(run_id=i) for i in ("a", "b")]
    assert len({repr(build_data.why(view(), run)) for run in runs}) == 2
    assert build_data.why(view(), runs[0])[0] == view().key(*stages.PORTFOLIO)
    assert data.panel(view()) != data.panel(view(), allow_empty=True)
    assert data.default_date(view().opened) == ["abc", Params().panel.max_gap]
    found = set()
    for path, stamp, universe in (
        ("a", "1", "x"),
        ("b", "1", "x"),
        ("a", "2", "x"),
        ("a", "1", "y"),
    ):
        monkeypatch.setattr(data, "desk", lambda path=path, stamp=stamp: desk_at(path, stamp))
        found.add(repr(build_data.runs(universe)))
    assert len(found) == 4


def cached_functions() -> dict[str, object]:
    """Those of all modules of the pages that are no page's script, by name."""
    found = {}
    for file in sorted((ROOT / "pages").rglob("*.py")):
        if file.name in ("page.py", "__init__.py"):
            continue
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for function, value in vars(importlib.import_module(name)).items():
            if type(value).__name__ == "CachedFunc":
                found[f"{name}.{function}"] = value
    return found


def test_every_cache_is_looked_at_here() -> None:
    looked_at = {f"{m.__name__}.{n}" for m, names in CACHED.items() for n in names}
    # Keyed by file and stamp, or by a snapshot's own names.
    plain = {f"{data.__name__}.{name}" for name in ("desk", "_catalog", "opened", "_odd")}
    # Keyed by `stages.WHATIF`, looked at below.
    plain |= {"pages.explore.sensitivity.whole._points"}
    assert set(cached_functions()) == looked_at | plain
    assert list(inspect.signature(data._catalog).parameters) == ["path", "stamp"]
    assert list(inspect.signature(data.opened).parameters) == ["universe", "snapshot_id"]


def test_the_whole_portfolio_depends_on_all_but_the_threshold_in_use() -> None:
    assert set(stages.PORTFOLIO) - set(stages.WHATIF) == {"tree.threshold"}
    assert set(stages.WHATIF) - set(stages.PORTFOLIO) == {"sweep", "trade"}


def test_cached_stages_are_keyed_by_text_alone() -> None:
    # Streamlit samples large arguments when it hashes them: only names and flags may be hashed.
    for name, function in cached_functions().items():
        for argument in inspect.signature(function).parameters.values():
            hashed = not argument.name.startswith("_")
            assert not hashed or argument.annotation in {"str", "int", "bool"}, name
