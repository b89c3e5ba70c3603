"""Trades by hand: bands, fractions, lots, limits, costs, and the two ways of rounding."""

from __future__ import annotations

import itertools
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.params.trading import TradeParams
from engine.trading.book import WeightLimit
from engine.trading.lots import LotProblem, greedy, integer_program
from engine.trading.rounding import GREEDY, INTEGER
from engine.trading.trades import Market, TradePlan, edited_plan, trade_plan

FREE = {
    f"{name}_{part}_bps": 0.0
    for name in ("equity", "fx", "crypto", "other")
    for part in ("spread", "fee")
}
# Nothing but the target: no band, no minimum, no cost, any fraction.
PLAIN = {"no_trade_band": 0.0, "relative_band": 0.0, "minimum_trade": 0.0, **FREE}
PRICES = {"AAA": D(100), "BBB": D(50), "CCC": D(20)}
HELD = {"AAA": D(500), "BBB": D(600)}  # 50,000 and 30,000, with 20,000 of cash
CASH = D(20000)
TARGET = {"AAA": 0.40, "BBB": 0.35, "CCC": 0.05, "CASH": 0.20}
CLASSES = dict.fromkeys(PRICES, "equity")


def plan_of(
    target: dict[str, float] | None = None,
    held: dict[str, D] | None = None,
    cash: D = CASH,
    market: dict[str, Any] | None = None,
    **settings: Any,
) -> TradePlan:
    return trade_plan(
        HELD if held is None else held, cash, target or TARGET,
        Market(**{"prices": PRICES, "classes": CLASSES, **(market or {})}),
        TradeParams(**{**PLAIN, **settings}),
    )  # fmt: skip


def trades(plan: TradePlan) -> dict[str, D]:
    return {x.symbol: x.quantity if x.side == "BUY" else -x.quantity for x in plan.lines}


def test_full_by_hand() -> None:
    plan = plan_of()
    assert trades(plan) == {"AAA": D(-100), "BBB": D(100), "CCC": D(250)}
    assert (plan.cash_after, plan.cost, plan.turnover) == (CASH, 0, pytest.approx(0.10))
    assert (plan.drift_before, plan.drift_after) == (pytest.approx(0.10), pytest.approx(0))
    assert [x.side for x in plan.lines] == ["SELL", "BUY", "BUY"]
    first = plan.lines[0]
    assert (first.weight_before, first.weight_after) == (0.5, 0.4)
    assert first.reason == "over its target by 10.00 %"
    assert {x.symbol: x.reason for x in plan.lines}["CCC"] == "new position"
    assert plan.untraded == ()


def test_a_fraction_of_the_way() -> None:
    plan = plan_of(phi=0.5)
    assert trades(plan) == {"AAA": D(-50), "BBB": D(50), "CCC": D(125)}
    assert plan.drift_after == pytest.approx(0.05)
    assert "50 % of the way" in plan.lines[0].reason
    assert trades(plan_of(phi=0.0)) == {}


def test_bands_absolute_relative_and_the_larger() -> None:
    """Drift: AAA −10 % of a target of 40 %, BBB +5 % of 35 %, CCC +5 % of 5 %."""
    absolute = plan_of(no_trade_band=0.06, band_kind="absolute")
    assert trades(absolute) == {"AAA": D(-100)}
    assert dict(absolute.untraded) == {"BBB": "within its band", "CCC": "within its band"}
    relative = plan_of(relative_band=0.15, band_kind="relative")
    assert trades(relative) == {"AAA": D(-100), "CCC": D(250)}
    larger = plan_of(relative_band=0.2, no_trade_band=0.06, band_kind="larger")
    assert trades(larger) == {"AAA": D(-100)}
    # Ignored by the other kind.
    assert len(plan_of(relative_band=0.2, no_trade_band=0.0, band_kind="absolute").lines) == 3


def test_to_the_edge_of_the_band() -> None:
    plan = plan_of(no_trade_band=0.02, band_kind="absolute", destination="edge")
    assert trades(plan) == {"AAA": D(-80), "BBB": D(60), "CCC": D(150)}
    assert "to the edge of its band" in plan.lines[0].reason


def test_a_limit_goes_before_a_band() -> None:
    """AAA and BBB hold 80 % where 75 % is the most: both are within bands of 10 points."""
    pair = WeightLimit("group 1", frozenset({"AAA", "BBB"}), 0.0, 0.75)
    banded = {"no_trade_band": 0.1, "band_kind": "absolute", "market": {"weight_limits": (pair,)}}
    target = {"AAA": 0.42, "BBB": 0.28, "CCC": 0.05, "CASH": 0.25}
    plan = plan_of(target, **banded)
    # The larger drift alone is enough.
    assert trades(plan) == {"AAA": D(-80)}
    assert plan.weights_after["AAA"] + plan.weights_after["BBB"] == pytest.approx(0.72)
    assert plan.lines[0].reason == ("over its target by 8.00 %, band lifted for a limit")
    assert dict(plan.untraded)["BBB"] == "within its band"
    assert trades(plan_of(target, **{**banded, "market": {}})) == {}
    assert trades(plan_of(target, phi=0.5, **banded)) == {"AAA": D(-40)}
    barred = plan_of(target, do_not_sell=("AAA",), **banded)
    assert trades(barred) == {"BBB": D(-176)}, "its target is what AAA leaves: 21.21 %"
    short = WeightLimit("asset:CCC", frozenset({"CCC"}), 0.05, 1.0)
    bought = plan_of(target, **{**banded, "market": {"weight_limits": (short,)}})
    assert trades(bought) == {"CCC": D(250)}, "a lower limit is one too"
    edge = plan_of({"AAA": 0.30, "BBB": 0.30, "CASH": 0.40}, destination="edge", **banded)
    assert edge.weights_after["AAA"] + edge.weights_after["BBB"] == pytest.approx(0.70)


def test_full_exits_are_whole_whatever_band_and_minimum() -> None:
    held = {**HELD, "CCC": D("0.3")}
    out = {"AAA": 0.5, "BBB": 0.3, "CASH": 0.2}
    plan = plan_of(out, held, phi=0.5, no_trade_band=0.2, minimum_trade=1000.0)
    assert trades(plan) == {"CCC": D("-0.3")}
    assert plan.lines[0].reason == "full exit"
    half = plan_of(out, {**HELD, "CCC": D(100)}, phi=0.5, whole_exits=False)
    assert trades(half)["CCC"] == D(-50)
    dust = plan_of(out, {**HELD, "CCC": D("0.0001")})
    assert dict(dust.untraded)["CCC"] == "worth less than a cent"


def test_the_minimum_trade() -> None:
    plan = plan_of(minimum_trade=5001.0)
    assert trades(plan) == {"AAA": D(-100)}
    assert dict(plan.untraded) == dict.fromkeys(("BBB", "CCC"), "under the minimum trade")


def test_lots_and_fractions() -> None:
    lots = plan_of(market={"lot_sizes": {"AAA": D(30), "CCC": D(400)}})
    assert trades(lots)["AAA"] in (D(-90), D(-120))
    assert trades(lots).get("CCC", D(0)) % 400 == 0
    target = {"AAA": 0.41237, "BBB": 0.3, "CASH": 0.28763}
    assert trades(plan_of(target, lots="fractional"))["AAA"] == D("-87.63")
    fine = plan_of({**target, "AAA": 0.41237123456, "CASH": 0.28762876544}, lots="fractional")
    assert trades(fine)["AAA"] == D("-87.6288")
    coin = plan_of(
        {**target, "AAA": 0.41237123456, "CASH": 0.28762876544},
        market={"classes": {"AAA": "crypto"}},
    )
    assert trades(coin)["AAA"] == D("-87.62876544")
    assert coin.rounding == "no lots to round"


def test_costs_are_paid_from_the_buffered_cash() -> None:
    """All cash into AAA at 30 bps: 995 shares cost 99,500 + 298.50; 996 leave under 200."""
    plan = plan_of(
        {"AAA": 1.0}, {}, D(100000), equity_spread_bps=20.0, equity_fee_bps=10.0, cash_buffer=0.002
    )
    assert trades(plan) == {"AAA": D(995)}
    assert (plan.cost, plan.cash_after) == (D("298.50"), D("201.50"))
    assert plan.value_after == D("99701.50")
    bare = plan_of({"AAA": 1.0}, {}, D(100000), equity_spread_bps=20.0, equity_fee_bps=10.0)
    assert trades(bare) == {"AAA": D(997)}
    assert bare.cash_after == D("0.90")


def test_cash_is_brought_to_its_buffer() -> None:
    plan = plan_of({"AAA": 0.5, "BBB": 0.5}, HELD, D(0), cash_buffer=0.1, phi=0.0)
    assert plan.cash_after >= D(8000)
    assert all(x.side == "SELL" for x in plan.lines)
    assert "cash" in plan.lines[0].reason
    # What is raised is no less than the minimum, in few sales.
    few = plan_of(
        {"AAA": 0.5, "BBB": 0.5}, HELD, D(0), cash_buffer=0.01, phi=0.0, minimum_trade=4000.0
    )
    assert set(trades(few)) == {"AAA"}
    assert D(4000) <= few.lines[0].value <= D(4100)
    stuck = plan_of(
        {"AAA": 0.5, "BBB": 0.5}, HELD, D(0), cash_buffer=0.1, do_not_sell=("AAA", "BBB")
    )
    assert trades(stuck) == {}
    assert "under its buffer" in stuck.notes[0]


def test_barred_symbols_leave_less_for_the_others() -> None:
    """AAA stays at 50 % where 40 % were wanted; 20 % of cash leave 30 % of 40 % to the others."""
    plan = plan_of(do_not_sell=("AAA",), lots="fractional")
    assert trades(plan) == {"CCC": D("187.5"), "BBB": D(-75)}
    assert dict(plan.untraded) == {"AAA": "do not sell"}
    for name in ("restricted", "do_not_buy"):
        barred = plan_of(**{name: ("BBB",)})
        assert "BBB" not in trades(barred)
        assert dict(barred.untraded)["BBB"] == name.replace("_", " ")
    assert trades(plan_of(do_not_buy=("AAA",))) == trades(plan_of())
    blocked = plan_of(market={"blocked": {"BBB": "stale price: hold"}})
    assert dict(blocked.untraded)["BBB"] == "stale price: hold"


def test_without_a_price_it_is_named_and_left() -> None:
    target = {"AAA": 0.4, "BBB": 0.3, "ZZZ": 0.1, "CASH": 0.2}
    plan = plan_of(target, {**HELD, "YYY": D(5)})
    assert dict(plan.untraded) == {"BBB": "at its target", "YYY": "no price", "ZZZ": "no price"}
    assert plan.value_before == D(100000)
    assert plan.cash_after == D(30000)


def test_cash_flow_only() -> None:
    """20,000 where 12,000 are wanted: 8,000 are bought in the ratio of what is missing."""
    target = {"AAA": 0.40, "BBB": 0.38, "CCC": 0.10, "CASH": 0.12}
    plan = plan_of(target, cash_flow_only=True)
    assert {x.symbol: x.side for x in plan.lines} == {"BBB": "BUY", "CCC": "BUY"}
    assert 0 <= plan.cash_after - D(12000) < 100
    assert dict(plan.untraded)["AAA"] == "cash flow only"
    short = plan_of({"AAA": 0.3, "BBB": 0.4, "CASH": 0.3}, cash_flow_only=True)
    assert trades(short) == {"AAA": D(-100)}
    assert dict(short.untraded) == {"BBB": "cash flow only"}


def test_the_turnover_budget() -> None:
    """6 % of 10 %: both sides shrink alike, the largest trade first, so drift falls by 6 %."""
    plan = plan_of(turnover_budget=0.06)
    assert trades(plan) == {"AAA": D(-60), "BBB": D(100), "CCC": D(50)}
    assert plan.turnover <= 0.06
    assert plan.drift_after == pytest.approx(0.04)
    assert "cut to what cash or budget leaves" in plan.lines[0].reason
    small = plan_of(turnover_budget=0.05)
    assert dict(small.untraded) == {"CCC": "turnover budget used up"}
    none = plan_of(turnover_budget=0.0)
    assert trades(none) == {}


def test_exits_come_first_in_the_budget() -> None:
    target = {"AAA": 0.80, "CASH": 0.20}
    held = {"AAA": D(400), "BBB": D(200), "CCC": D(1500)}  # 40, 10, 30 %, cash 20 %
    plan = plan_of(target, held, turnover_budget=0.35)
    sold = trades(plan)
    assert sold["CCC"] == D(-1500)
    assert sold["BBB"] == D(-100)
    assert plan.turnover <= 0.35


def test_costs_alone_are_no_cut() -> None:
    plan = plan_of({"AAA": 0.5, "BBB": 0.5}, equity_fee_bps=10.0, lots="fractional")
    assert plan.lines[0].reason == "under its target by 20.00 %"
    assert plan.cash_after >= 0
    cut = plan_of({"AAA": 0.6, "BBB": 0.4}, do_not_sell=("AAA",), cash=D(100), lots="fractional",
                  held={"AAA": D(1), "BBB": D(1)})  # fmt: skip
    assert "cut to what cash" not in cut.lines[0].reason


def test_volume_share() -> None:
    plan = plan_of(market={"volumes": {"AAA": D(1000)}})
    shares = {x.symbol: x.volume_share for x in plan.lines}
    assert shares == {"AAA": 0.1, "BBB": None, "CCC": None}


def test_edited_trades_are_taken_as_they_are() -> None:
    market, params = Market(PRICES, CLASSES), TradeParams(**PLAIN, cash_buffer=0.15)
    plan = edited_plan(HELD, CASH, TARGET, market, params, {"AAA": D(-500), "CCC": D(100)})
    assert trades(plan) == {"AAA": D(-500), "CCC": D(100)}
    assert (plan.cash_after, plan.notes) == (D(68000), ())
    assert dict(plan.untraded) == {"BBB": "as edited"}
    proposed = plan_of(cash_buffer=0.15)
    again = edited_plan(HELD, CASH, TARGET, market, params, trades(proposed))
    assert (again.cash_after, again.drift_after) == (proposed.cash_after, proposed.drift_after)
    over = edited_plan(
        HELD, CASH, TARGET, market, TradeParams(**PLAIN, cash_buffer=0.15, turnover_budget=0.01),
        {"CCC": D(500)},
    )  # fmt: skip
    assert "buffer is 15,000.00" in over.notes[0]
    assert "the budget 1.0 %" in over.notes[1]
    for wrong, says in (
        ({"AAA": D(-501)}, "501 to sell, 500 held"),
        ({"ZZZ": D(1)}, "no price"),
        ({"BBB": D(1)}, "restricted"),
    ):
        with pytest.raises(InputError, match=says):
            edited_plan(
                HELD, CASH, TARGET, market, TradeParams(**PLAIN, restricted=("BBB",)), wrong
            )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"target": {"AAA": 0.5, "CASH": 0.4}}, "sum to 0.9"),
        ({"target": {"AAA": 1.1}}, "sum to 1.1"),
        ({"target": {"AAA": -0.1, "CASH": 1.1}}, "not negative"),
        ({"held": {"AAA": D(-1)}}, "-1 units are held"),
        ({"held": {}, "cash": D(0)}, "worth 0"),
        ({"market": {"prices": {"AAA": D(0)}}}, "price of AAA is 0"),
    ],
)
def test_what_makes_no_plan_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        plan_of(**more)


def lot_problem(seed: int) -> LotProblem:
    rng = np.random.default_rng(seed)
    n = 4
    lot = rng.uniform(50, 400, n)
    wanted = rng.uniform(0, 1200, n)
    side = rng.choice([1, 1, -1], n)
    least = rng.integers(1, 3, n)
    most = np.ceil(wanted / lot)
    most = np.where(most >= least, most, 0)
    rate = rng.uniform(0, 0.002, n)
    cash = float(max(rng.uniform(500, 3000), (side * wanted * (1 + side * rate)).sum() + 1))
    return LotProblem(
        side=side, lot=lot, wanted=wanted, least=least, most=most, rate=rate,
        cash_before=cash, cash=cash, cash_wanted=cash - float((side + rate) @ wanted),
        floor=0.0, sold=0.0, bought=0.0, budget=float(rng.uniform(500, 3000)),
    )  # fmt: skip


def miss(problem: LotProblem, counts: np.ndarray) -> float:
    """What `integer_program` makes least; infinite where a limit does not hold."""
    value = counts * problem.lot
    cash = problem.cash - (problem.side + problem.rate) @ value
    turnover = 0.5 * (value.sum() + abs(cash - problem.cash_before))
    if cash < problem.floor - 1e-6 or turnover > problem.budget + 1e-6:
        return np.inf
    return float(np.abs(value - problem.wanted).sum() + abs(cash - problem.cash_wanted))


def test_the_integer_program_finds_the_best_of_all() -> None:
    better = 0
    for seed in range(40):
        problem = lot_problem(seed)
        every = [
            [0, *range(int(low), int(high) + 1)]
            for low, high in zip(problem.least, problem.most, strict=True)
        ]
        best = min(miss(problem, np.array(counts)) for counts in itertools.product(*every))
        found = integer_program(problem)
        assert found is not None
        assert all(k in choices for k, choices in zip(found, every, strict=True))
        assert miss(problem, found) <= best * 1.011 + 1e-6, f"seed {seed}"
        better += miss(problem, found) < miss(problem, greedy(problem)) - 1e-6
    assert better > 5  # greedy knows no budget, and no cash


def test_the_better_way_is_used_and_named() -> None:
    rng = np.random.default_rng(5)
    used = set()
    for _ in range(12):
        n = int(rng.integers(3, 12))
        names = [f"S{i}" for i in range(n)]
        prices = {s: D(int(p)) for s, p in zip(names, rng.integers(20, 900, n), strict=True)}
        weights = rng.dirichlet(np.ones(n))
        plan = plan_of(
            dict(zip(names, weights, strict=True)), {}, D(20000),
            {"prices": prices, "classes": dict.fromkeys(names, "equity")},
        )  # fmt: skip
        assert set(plan.tracking) == {INTEGER, GREEDY}
        assert plan.tracking[plan.rounding] == min(plan.tracking.values())
        used.add(plan.rounding)
    assert INTEGER in used


def test_lots_too_unlike_for_greedy() -> None:
    problem = lot_problem(1)
    unlike = LotProblem(**{**vars(problem), "lot": np.array([1e-4, 900.0, 900.0, 900.0]),
                           "side": np.ones(4), "wanted": np.full(4, 1000.0),
                           "most": np.full(4, 1e7)})  # fmt: skip
    assert greedy(unlike) is None
