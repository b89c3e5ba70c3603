"""Drift, its status, its causes, and the rules for what cannot be weighed as others are."""

from __future__ import annotations

import math
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError, ParamError
from engine.core.weights import one_way
from engine.params.trading import DriftParams, TradeParams
from engine.trading.causes import PARTS, causes, total
from engine.trading.drift import (
    LEFT,
    STALE,
    UNPRICED,
    Drift,
    apply_rules,
    drift_lines,
    fired_share,
)

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
    last, held, target, old, still = (
        {s: float(w) for s, w in zip(names, rng.dirichlet(np.full(n + 1, 0.3)), strict=True)
         if rng.uniform() < 0.8 or s == "CASH"}
        for _ in range(5)
    )  # fmt: skip
    found = causes(last, held, target, old, still)
    assert [c.symbol for c in found] == sorted({*last, *held, *target, *old, *still})
    whole = total(found)
    assert math.fsum(getattr(whole, part) for part in PARTS) == pytest.approx(whole.drift)
    assert whole.drift == pytest.approx(0.5 * math.fsum(abs(c.drift) for c in found))
    for cause in found:
        assert cause.price + cause.flows + cause.clusters + cause.targets == cause.drift
        assert cause.targets + cause.price + cause.clusters + cause.flows == cause.drift
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


# Halves and quarters, as their sums and differences are exact in binary.
HALF = {"AAA": 0.5, "CASH": 0.5}
LESS = {"AAA": 0.375, "CASH": 0.625}  # a turnover, and a drift of one asset, of exactly 1/8
ABOVE = math.nextafter(0.125, 1)
BELOW = math.nextafter(0.125, 0)


def status(asset_cap: float = 1.0, **params: float) -> str:
    """The status of a drift of exactly 1/8, where nothing else is in the way."""
    given = {"rebalance_turnover": 0.0, "urgent_turnover": 1.0, **params}
    found = drift_of(HALF, LESS, params=DriftParams(**given), asset_cap=asset_cap)
    assert (found.turnover, found.largest) == (0.125, 0.125)
    history = fired_share([0.125], DriftParams(**given), [0.125], asset_cap)
    assert (history.rebalance, history.urgent) == {
        "MAINTAIN": (0, 0), "REBALANCE": (1, 0), "URGENT": (1, 1),
    }[found.status]  # fmt: skip
    return found.status


@pytest.mark.parametrize("limit", [0.125, ABOVE])
def test_what_is_at_a_threshold_is_not_over_it(limit: float) -> None:
    assert status(rebalance_turnover=limit) == "MAINTAIN"
    assert status(urgent_turnover=limit) == "REBALANCE"
    # Half of a cap of twice the threshold.
    assert status(asset_cap=2 * limit, urgent_cap_share=0.5) == "REBALANCE"


@pytest.mark.parametrize("limit", [0.125 - 1e-8, 0.1249])
def test_what_is_over_a_threshold_by_a_hair_is_over_it(limit: float) -> None:
    assert status(rebalance_turnover=limit) == "REBALANCE"
    assert status(urgent_turnover=limit) == "URGENT"
    assert status(asset_cap=2 * limit, urgent_cap_share=0.5) == "URGENT"


def test_what_a_status_says_is_the_threshold_that_was_passed() -> None:
    found = {
        drift_of(params=params, asset_cap=cap).reason
        for params, cap in (
            (DriftParams(), 1.0),
            (DriftParams(urgent_turnover=0.15), 1.0),
            (DriftParams(rebalance_turnover=0.17, urgent_turnover=0.17), 1.0),
            (DriftParams(), 0.2),
        )
    }
    moved = "Turnover to the target is 16.0 %"
    assert found == {
        f"{moved}, over 10.0 %.", f"{moved}, over 15.0 %.", f"{moved}, not over 17.0 %.",
        "The drift of one asset is 16.0 %, over 15.0 %.",
    }  # fmt: skip


def test_cash_drifts_but_is_no_asset() -> None:
    """Three assets 5 % short of cash each: the cash is 15 % over, no asset more than 5 %."""
    held = {"AAA": 0.25, "BBB": 0.25, "CCC": 0.25, "CASH": 0.25}
    target = {"AAA": 0.30, "BBB": 0.30, "CCC": 0.30, "CASH": 0.10}
    found = drift_of(held, target, asset_cap=0.1)
    assert (found.largest, found.turnover) == (pytest.approx(0.05), pytest.approx(0.15))
    assert found.status == "REBALANCE"


@pytest.mark.parametrize(("held", "is_new"), [(0.0, True), (1e-9, True), (1.1e-9, False)])
def test_rounding_is_nothing_held_and_no_drift(held: float, is_new: bool) -> None:
    found = drift_of({"AAA": held, "CASH": 1 - held}, {"CASH": 1.0})
    assert (found.status == "NEW") is is_new
    assert found.lines[0].action == ("none" if is_new else "exit")


@pytest.mark.parametrize(("wanted", "action"), [(1e-9, "none"), (1.1e-9, "enter")])
def test_a_drift_of_rounding_calls_for_nothing(wanted: float, action: str) -> None:
    found = drift_of({"CASH": 1.0}, {"AAA": wanted, "CASH": 1 - wanted})
    assert found.lines[0].action == action


def test_who_was_held_once_is_still_shown() -> None:
    found = drift_of(last={"OLD": 0.25, "AAA": 0.75}, clusters={"OLD": "one", "AAA": ""})
    old = next(x for x in found.lines if x.symbol == "OLD")
    assert (old.last, old.held, old.target, old.action) == (0.25, 0.0, 0.0, "none")
    assert [x.last for x in found.lines if x.symbol != "OLD"] == [0.75, 0.0, 0.0, 0.0]
    # AAA has a name, and it is empty: not known, as BBB and CCC are not.
    assert [(g.name, g.last, round(g.target, 9)) for g in found.by_cluster] == [
        ("Unknown", 0.75, 0.8), ("one", 0.25, 0.0), ("CASH", 0.0, 0.2),
    ]  # fmt: skip


def test_never_implemented_was_all_cash() -> None:
    found = drift_of(last=None)
    assert {x.symbol: x.last for x in found.lines if x.last} == {"CASH": 1.0}
    assert found.by_class[-1].last == 1.0


def test_what_has_no_price_is_wanted_and_yet_in_no_sum() -> None:
    """ZZZ is to be 20 %, so the others sum to 80 % of a target and 100 % of what is held."""
    target = {"AAA": 0.5, "ZZZ": 0.25, "CASH": 0.25}
    found = drift_of(HALF, target, unpriced=["ZZZ"], classes={"ZZZ": "fx"}, last={"CASH": 1.0})
    line = found.lines[1]
    assert (line.symbol, line.target, line.drift, line.action) == ("ZZZ", 0.25, None, "none")
    assert line.note == "no price"
    assert found.turnover == 0.125  # CASH alone, of which a quarter is too much
    assert [g.name for g in found.by_class] == ["Unknown", "CASH"]
    unwanted = drift_of(HALF, LESS, unpriced=["YYY"], last={"CASH": 1.0})
    assert [x.symbol for x in unwanted.lines] == ["AAA", "YYY", "CASH"]
    priced = drift_of(HALF, LESS, unpriced=["AAA"], last={"CASH": 1.0})
    assert priced.lines[0].held == 0.5  # it has a weight, so it has a price


def test_targets_that_are_none_are_refused() -> None:
    for target in ({"AAA": 0.99}, {"AAA": 0.6, "CASH": 0.400002}):
        with pytest.raises(InputError, match="The target weights sum to"):
            drift_of(target=target)
    drift_of(target={"AAA": 0.6, "CASH": 0.4000009})


def test_money_is_to_the_cent_halves_away_from_zero_whatever_the_value() -> None:
    """An eighth of 0.20 is 0.025; an eighth of what has 30 digits is no error."""
    for value, money in ((D("0.20"), D("0.03")), (D("8e28"), D("1e28"))):
        found = drift_lines(None, HALF, LESS, value, DriftParams(), asset_cap=1.0)
        assert [x.money for x in found.lines] == [-money, money]


def test_each_problem_has_its_own_rule() -> None:
    kinds = {LEFT: "left_rule", STALE: "stale_rule", UNPRICED: "unpriced_rule"}
    for problem, name in kinds.items():
        params = DriftParams(**{**dict.fromkeys(kinds.values(), "hold"), name: "sell"})
        found = {
            kind: apply_rules(HELD, TARGET, {"AAA": kind}, params).rules["AAA"] for kind in kinds
        }
        assert found == {kind: (kind, "sell" if kind == problem else "hold") for kind in kinds}


def test_a_rule_to_sell_is_a_trade_and_the_others_are_what_the_line_says() -> None:
    for rule, action in (("sell", "exit"), ("freeze", "freeze"), ("hold", "hold")):
        ruled = apply_rules(HELD, TARGET, {"AAA": LEFT}, DriftParams(left_rule=rule))
        line = drift_of(target=ruled.target, rules=ruled.rules).lines[0]
        assert (line.action, line.note) == (action, f"left the universe: {rule}")


def test_what_is_wanted_and_not_held_is_frozen_at_nothing() -> None:
    """The 10 % that CCC was to have go to the others in proportion."""
    found = apply_rules(HELD, TARGET, {"CCC": STALE}, DriftParams())
    assert found.target == pytest.approx({"AAA": 4 / 9, "BBB": 3 / 9, "CASH": 2 / 9, "CCC": 0})


def test_old_clusters_that_leave_nothing_are_known_all_the_same() -> None:
    found = {c.symbol: c for c in causes(LAST, HELD, TARGET, {})}
    assert (found["AAA"].clusters, found["AAA"].targets) == pytest.approx((0.4, -0.5))


def test_each_cause_has_its_own_total() -> None:
    """With the sign of the drift that it is in, so that they add up to the turnover; none may
    stand in for another."""
    found = total(causes(LAST, HELD, TARGET, {"AAA": 0.45, "BBB": 0.35, "CASH": 0.20}))
    # −6 and +6; −5, −5 and +10; −5 and +5; −16, +6 and +10: BBB's clusters work against it.
    assert (found.price, found.clusters, found.targets, found.drift) == pytest.approx(
        (0.06, 0.05, 0.05, 0.16)
    )


def test_what_came_in_is_no_price() -> None:
    """30,000 into 70,000 of which 50,000 are AAA: nothing moved but the weights."""
    last = {"AAA": 5 / 7, "CASH": 2 / 7}
    held = {"AAA": 0.5, "CASH": 0.5}
    found = {c.symbol: c for c in causes(last, held, last, None, last)}
    assert (found["AAA"].price, found["CASH"].price) == (0, 0)
    assert found["AAA"].flows == pytest.approx(5 / 7 - 0.5)
    assert total(tuple(found.values())).flows == pytest.approx(5 / 7 - 0.5)
    both = causes(last, held, last, None, {"AAA": 0.8, "CASH": 0.2})
    assert [c.price for c in both] == pytest.approx([5 / 7 - 0.8, 2 / 7 - 0.2])
    assert [c.flows for c in both] == pytest.approx([0.3, -0.3])
    assert one_way(last, held) == pytest.approx(5 / 7 - 0.5)


def test_weights_go_to_the_nearest_of_the_grid() -> None:
    (found,) = causes({}, {"AAA": 0.75 / 2**40}, {"AAA": -0.75 / 2**40})
    assert found.drift == -2 / 2**40
