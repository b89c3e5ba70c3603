"""Drift, its status, its causes, and the rules for what cannot be weighed as others are."""

from __future__ import annotations

import math
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError, ParamError
from engine.portfolio.causes import causes, total
from engine.portfolio.drift import (
    LEFT,
    STALE,
    UNPRICED,
    Drift,
    apply_rules,
    drift_lines,
    fired_share,
)
from engine.portfolio.trade_params import DriftParams, TradeParams

LAST = {"AAA": 0.50, "BBB": 0.30, "CASH": 0.20}
HELD = {"AAA": 0.56, "BBB": 0.24, "CASH": 0.20}
TARGET = {"AAA": 0.40, "BBB": 0.30, "CCC": 0.10, "CASH": 0.20}
VALUE = D("100000.00")


def drift_of(
    held: dict[str, float] | None = None, target: dict[str, float] | None = None, **more: Any
) -> Drift:
    return drift_lines(
        more.pop("last", LAST), HELD if held is None else held, target or TARGET, VALUE,
        more.pop("params", DriftParams()), **{"asset_cap": 0.25, **more},
    )  # fmt: skip


def test_by_hand() -> None:
    """AAA 16 too many, BBB 6 and CCC 10 too few: one-way turnover is 16 %."""
    drift = drift_of(clusters={"AAA": "one", "CCC": "one"}, classes=dict.fromkeys(TARGET, "equity"))
    assert drift.turnover == pytest.approx(0.16)
    assert (drift.status, drift.largest) == ("REBALANCE", pytest.approx(0.16))
    assert [(x.symbol, x.action, x.money) for x in drift.lines] == [
        ("AAA", "sell", D("-16000.00")), ("BBB", "buy", D("6000.00")),
        ("CCC", "enter", D("10000.00")), ("CASH", "cash", D("0.00")),
    ]  # fmt: skip
    assert [x.drift for x in drift.lines] == pytest.approx([-0.16, 0.06, 0.10, 0.0])
    assert [(g.name, round(g.drift, 9), g.money) for g in drift.by_cluster] == [
        ("Unknown", 0.06, D("6000.00")), ("one", -0.06, D("-6000.00")), ("CASH", 0.0, D("0.00")),
    ]  # fmt: skip
    assert [g.name for g in drift.by_class] == ["equity", "CASH"]
    assert sum(g.held for g in drift.by_class) == pytest.approx(1)


def test_statuses_and_their_thresholds() -> None:
    assert drift_of({"CASH": 1.0}, last=None).status == "NEW"
    assert drift_of(TARGET).status == "MAINTAIN"
    # 10 % is not over 10 %.
    at = drift_of(target={"AAA": 0.46, "BBB": 0.24, "CASH": 0.30}, params=DriftParams())
    assert at.turnover == pytest.approx(0.1)
    low = DriftParams(rebalance_turnover=0.05, urgent_turnover=0.15)
    assert drift_of(params=low).status == "URGENT"
    # 16 % of one asset is over three quarters of a cap of 20 %, under those of 25 %.
    assert drift_of(asset_cap=0.2).status == "URGENT"
    assert "16.0 %, over 15.0 %" in drift_of(asset_cap=0.2).reason
    assert drift_of(asset_cap=0.2, params=DriftParams(urgent_cap_share=1.0)).status == "REBALANCE"
    assert drift_of(params=DriftParams(rebalance_turnover=0.17)).status == "MAINTAIN"
    with pytest.raises(ParamError, match="urgent_turnover"):
        DriftParams(rebalance_turnover=0.3)


def test_full_exits_and_no_drift() -> None:
    drift = drift_of(target={"BBB": 0.24, "CASH": 0.76})
    assert {x.symbol: x.action for x in drift.lines} == {
        "AAA": "exit", "BBB": "none", "CASH": "cash",
    }  # fmt: skip


def test_without_a_price_it_is_shown_and_in_no_sum() -> None:
    drift = drift_of(unpriced=["ZZZ"], rules={"ZZZ": (UNPRICED, "freeze")}, last={"ZZZ": 0.1})
    line = next(x for x in drift.lines if x.symbol == "ZZZ")
    assert (line.held, line.drift, line.money, line.action) == (None, None, None, "freeze")
    assert line.note == "no price: freeze"
    assert drift.turnover == pytest.approx(0.16)
    only = drift_of({"CASH": 1.0}, unpriced=["ZZZ"])
    assert only.status != "NEW"


def test_weights_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match=r"held weights sum to 0\.9"):
        drift_of({"AAA": 0.9})


def test_rules_by_hand() -> None:
    """AAA is frozen at 56 %; the other targets share 44 % as 3 : 1 : 2."""
    froze = apply_rules(HELD, TARGET, {"AAA": STALE}, DriftParams())
    assert froze.target == pytest.approx(
        {"AAA": 0.56, "BBB": 0.22, "CCC": 0.44 / 6, "CASH": 0.44 / 3}
    )
    assert froze.blocked == {"AAA": "stale price: freeze"}
    sold = apply_rules(HELD, TARGET, {"AAA": LEFT}, DriftParams())
    assert sold.target == pytest.approx({"AAA": 0, "BBB": 0.3, "CCC": 0.1, "CASH": 0.6})
    assert sold.blocked == {}
    kept = apply_rules(HELD, TARGET, {"AAA": LEFT}, DriftParams(left_rule="hold"))
    assert kept.target == pytest.approx(TARGET)
    assert kept.blocked == {"AAA": "left the universe: hold"}
    assert drift_of(target=kept.target, rules=kept.rules).lines[0].action == "hold"
    with pytest.raises(InputError, match="'gone'"):
        apply_rules(HELD, TARGET, {"AAA": "gone"}, DriftParams())


def test_rules_where_nothing_else_has_a_target() -> None:
    froze = apply_rules({"AAA": 0.4, "CASH": 0.6}, {"AAA": 1.0}, {"AAA": STALE}, DriftParams())
    assert froze.target == pytest.approx({"AAA": 0.4, "CASH": 0.6})


@given(
    n=st.integers(1, 20), seed=st.integers(0, 10**6),
    rules=st.tuples(*[st.sampled_from(["sell", "freeze", "hold"])] * 3),
)  # fmt: skip
def test_rules_drop_nothing_and_keep_the_sum(
    n: int, seed: int, rules: tuple[str, str, str]
) -> None:
    rng = np.random.default_rng(seed)
    names = [f"S{i}" for i in range(n)] + ["CASH"]
    held, target = (dict(zip(names, rng.dirichlet(np.ones(n + 1)), strict=True)) for _ in "ab")
    problems = {s: str(rng.choice([LEFT, STALE])) for s in names[:-1] if rng.uniform() < 0.4}
    params = DriftParams(left_rule=rules[0], stale_rule=rules[1], unpriced_rule=rules[2])
    ruled = apply_rules(held, target, problems, params)
    assert math.fsum(ruled.target.values()) == pytest.approx(1, abs=1e-12)
    assert min(ruled.target.values()) >= 0
    assert set(ruled.rules) == set(problems)
    drift = drift_lines(None, held, ruled.target, VALUE, params, asset_cap=0.1, rules=ruled.rules)
    assert {x.symbol for x in drift.lines} == set(names)
    for line in drift.lines:
        if ruled.rules.get(line.symbol, ("", ""))[1] == "freeze":
            assert line.drift == pytest.approx(0, abs=1e-15)


def test_causes_by_hand() -> None:
    old = {"AAA": 0.45, "BBB": 0.35, "CASH": 0.20}
    found = {c.symbol: c for c in causes(LAST, HELD, TARGET, old)}
    assert found["AAA"].price == pytest.approx(-0.06)
    assert found["AAA"].clusters == pytest.approx(-0.05)
    assert found["AAA"].targets == pytest.approx(-0.05)
    assert found["AAA"].drift == pytest.approx(-0.16)
    assert (found["CCC"].clusters, found["CCC"].targets) == (pytest.approx(0.1), 0)
    without = {c.symbol: c for c in causes(LAST, HELD, TARGET)}
    assert without["AAA"].clusters == 0
    assert without["AAA"].targets == pytest.approx(-0.10)
    assert total(tuple(found.values())).drift == pytest.approx(0.16)


@given(n=st.integers(1, 60), seed=st.integers(0, 10**6))
def test_causes_add_up_to_the_last_bit(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"S{i}" for i in range(n)] + ["CASH"]
    last, held, target, old = (
        {s: float(w) for s, w in zip(names, rng.dirichlet(np.full(n + 1, 0.3)), strict=True)
         if rng.uniform() < 0.8 or s == "CASH"}
        for _ in range(4)
    )  # fmt: skip
    found = causes(last, held, target, old)
    assert [c.symbol for c in found] == sorted({*last, *held, *target, *old})
    for cause in found:
        assert cause.price + cause.clusters + cause.targets == cause.drift
        assert cause.targets + cause.price + cause.clusters == cause.drift
        wanted = target.get(cause.symbol, 0.0) - held.get(cause.symbol, 0.0)
        assert cause.drift == pytest.approx(wanted, abs=1e-11)


def test_how_often_thresholds_would_have_fired() -> None:
    turnovers = [0.0, 0.05, 0.1, 0.11, 0.21, math.nan, 0.19, 0.3]
    fired = fired_share(turnovers, DriftParams())
    assert (fired.days, fired.rebalance, fired.urgent) == (7, 4 / 7, 2 / 7)
    largest = [0.08, *[0.0] * 7]
    assert fired_share(turnovers, DriftParams(), largest, 0.1).urgent == 3 / 7
    none = fired_share([math.nan], DriftParams())
    assert none.days == 0
    assert math.isnan(none.rebalance)


def test_knobs_are_checked() -> None:
    assert TradeParams(restricted=(" B", "A", "A")).restricted == ("A", "B")
    assert TradeParams(fractional_classes=("FX",)).fractional_classes == ("fx",)
    for wrong in ({"phi": 1.1}, {"band_kind": "wide"}, {"minimum_trade": -1.0}, {"lots": "half"}):
        with pytest.raises(ParamError, match=f"trade.{next(iter(wrong))}"):
            TradeParams(**wrong)
