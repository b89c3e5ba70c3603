"""What holds for the trades of any portfolio, on random ones; amounts are summed as fractions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction as F

import numpy as np
import pytest

from engine.params.trading import BANDS, DESTINATIONS, LOTS, TradeParams
from engine.trading.book import WeightLimit
from engine.trading.costs import price_of
from engine.trading.desired import TRADED_TOLERANCE
from engine.trading.trades import Market, TradePlan, trade_plan

CLASSES = ("equity", "equity", "equity", "fx", "crypto", "bond", "")
Case = tuple[dict[str, D], D, dict[str, float], Market, TradeParams]


def made(seed: int, **settings: object) -> Case:
    """A portfolio, a target, a market without some prices, and parameters of every kind."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 25))
    names = [f"S{i:02d}" for i in range(n)]
    value = float(10 ** rng.uniform(4, 7.5))
    prices = {s: price_of(float(10 ** rng.uniform(-2, 3.3))) for s in names}
    shares = rng.dirichlet(np.full(n + 1, 0.5)) * (rng.uniform(size=n + 1) < 0.7)
    held = {
        s: D(f"{share * value / float(prices[s]):.{int(rng.choice([0, 0, 4]))}f}")
        for s, share in zip(names, shares, strict=False)
        if share
    }
    cash = D(f"{max(shares[-1], 0.01) * value * rng.choice([1, 1, 1, -0.2]):.2f}")
    if cash < 0 and sum((q * prices[s] for s, q in held.items()), D(0)) < -2 * cash:
        cash = -cash
    wanted = rng.dirichlet(np.full(n + 1, 0.4)) * (rng.uniform(size=n + 1) < 0.7)
    wanted[-1] += 1 - wanted.sum()
    target = dict(zip([*names, "CASH"], wanted.tolist(), strict=True))
    for symbol in names:
        if rng.uniform() < 0.05 and cash > 0:
            del prices[symbol]

    def some(part: float) -> tuple[str, ...]:
        return tuple(s for s in names if rng.uniform() < part)

    params = {
        "phi": float(rng.choice([1.0, 1.0, 0.5, 0.3, 0.0])),
        "destination": str(rng.choice(DESTINATIONS)),
        "band_kind": str(rng.choice(BANDS)),
        "no_trade_band": float(rng.choice([0, 0.001, 0.02])),
        "relative_band": float(rng.choice([0, 0.05, 0.5])),
        "minimum_trade": float(rng.choice([0, 100, value / 50])),
        "lots": str(rng.choice(LOTS)),
        "cash_buffer": float(rng.choice([0, 0, 0.01, 0.1])),
        "turnover_budget": float(rng.choice([1.0, 1.0, 0.3, 0.05, 0.0])),
        "cash_flow_only": bool(rng.uniform() < 0.15),
        "do_not_buy": some(0.05), "do_not_sell": some(0.05), "restricted": some(0.05),
        "equity_spread_bps": float(rng.choice([0, 2.5, 40])),
        "crypto_fee_bps": float(rng.choice([0, 10, 100])),
    }  # fmt: skip
    market = Market(
        prices,
        {s: str(rng.choice(CLASSES)) for s in names},
        dict.fromkeys(some(0.05), "stale price: freeze"),
        {s: D(int(rng.choice([1, 1, 10, 100]))) for s in names},
    )
    return held, cash, target, market, TradeParams(**{**params, **settings})


def check(case: Case, plan: TradePlan) -> None:
    held, cash, target, market, params = case
    units = {s: F(q) for s, q in held.items()}
    prices = {s: F(p) for s, p in market.prices.items()}
    before = F(cash) + sum(q * prices[s] for s, q in units.items() if s in prices)
    money, bought, sold, cost = F(cash), F(0), F(0), F(0)
    for line in plan.lines:
        kind = market.classes[line.symbol]
        value = F(line.quantity) * prices[line.symbol]
        assert line.quantity > 0
        assert F(line.value) == value
        assert line.cost == line.cost.quantize(D("0.01"))
        side = 1 if line.side == "BUY" else -1
        units[line.symbol] = units.get(line.symbol, F(0)) + side * F(line.quantity)
        money -= side * value + F(line.cost)
        bought, sold = bought + value * (side > 0), sold + value * (side < 0)
        cost += F(line.cost)

        # What is barred is not traded, nothing is sold twice, all is in lots and over the minimum.
        assert line.symbol not in params.restricted
        assert line.symbol not in market.blocked
        assert line.symbol not in (params.do_not_buy if side > 0 else params.do_not_sell)
        assert units[line.symbol] >= 0
        exits = line.reason == "full exit"
        if exits:
            assert units[line.symbol] == 0
            assert target[line.symbol] <= 1e-10
        else:
            assert value >= F(D(str(params.minimum_trade)))
            if params.lots == "whole" and kind not in ("fx", "crypto"):
                assert line.quantity % market.lot_sizes[line.symbol] == 0

    # To the cent, and in fact exactly.
    after = money + sum(q * prices[s] for s, q in units.items() if s in prices)
    assert (F(plan.cash_before), F(plan.cash_after)) == (F(cash), money)
    assert (F(plan.value_before), F(plan.value_after)) == (before, after)
    assert F(plan.cost) == cost
    assert before == after + cost

    floor = F(D(str(params.cash_buffer))) * before
    if bought:
        assert money >= floor
    if money < floor:
        assert plan.notes
        assert money >= min(floor, F(cash)) - cost
    budget = F(D(str(params.turnover_budget))) * before
    assert (bought + sold + abs(money - F(cash))) / 2 <= budget

    # Everything held or wanted is in exactly one list, each with its reason.
    lines, rest = [x.symbol for x in plan.lines], [s for s, _ in plan.untraded]
    assert len({*lines, *rest}) == len(lines) + len(rest)
    assert {*lines, *rest} == {*held, *(s for s, w in target.items() if w > 0)} - {"CASH"}
    assert all(x.reason for x in plan.lines)
    assert all(reason for _, reason in plan.untraded)

    barred = {*params.restricted, *params.do_not_sell, *market.blocked}
    for symbol, quantity in held.items():
        leaves = target.get(symbol, 0.0) == 0 and quantity and symbol in prices
        worth = F(quantity) * prices.get(symbol, F(0))
        if leaves and symbol not in barred and worth >= F(1, 100):
            reason = dict(plan.untraded).get(symbol)
            if params.turnover_budget == 1.0 and not params.cash_flow_only and cash >= 0:
                assert units[symbol] == 0, symbol
            else:
                assert reason in (
                    None, "turnover budget used up", "cash flow only", "no whole lot fits",
                    "under the minimum trade",
                )  # fmt: skip


def test_random_portfolios(campaign: Callable[[int, int], int]) -> None:
    """To the cent, no cash below the buffer, full exits always emitted, restricted never traded,
    budget never passed."""
    traded = 0
    for seed in range(campaign(100, 2000)):
        case = made(seed)
        try:
            plan = trade_plan(*case)
            check(case, plan)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        traded += len(plan.lines)
    assert traded > 200


def test_what_is_barred_is_not_traded_whatever_the_buffer(
    campaign: Callable[[int, int], int],
) -> None:
    """What may not be sold is wanted a little over what is held, until the buffer takes its part of
    every target."""
    seen = 0
    for seed in range(campaign(40, 1000)):
        held, cash, target, market, params = made(
            seed, cash_buffer=0.4, do_not_buy=(), do_not_sell=(), restricted=(), phi=1.0,
            cash_flow_only=False, turnover_budget=1.0,
        )  # fmt: skip
        market = replace(market, blocked={})
        worth = {s: q * market.prices[s] for s, q in held.items() if s in market.prices}
        value = cash + sum(worth.values(), D(0))
        for symbol, money in worth.items():
            weight = 1.1 * float(money / value) if value > 0 else 0.0
            others = sum(w for s, w in target.items() if s not in (symbol, "CASH"))
            if not (0 < weight < 1 and others):
                continue
            wanted = {s: w * (1 - weight) / others for s, w in target.items()}
            wanted |= {symbol: weight, "CASH": 0.0}
            case = (held, cash, wanted, market, replace(params, do_not_sell=(symbol,)))
            try:
                check(case, trade_plan(*case))
            except Exception as error:
                raise AssertionError(f"seed {seed}, {symbol}") from error
            seen += 1
            break
    assert seen > 20


FREE = {
    f"{name}_{part}_bps": 0.0
    for name in ("equity", "fx", "crypto", "other")
    for part in ("spread", "fee")
}
BARE = {
    **FREE, "no_trade_band": 0.0, "relative_band": 0.0, "minimum_trade": 0.0, "lots": "fractional",
    "cash_buffer": 0.0, "cash_flow_only": False, "do_not_buy": (), "do_not_sell": (),
    "restricted": (), "destination": "target",
}  # fmt: skip


@pytest.mark.parametrize("phi", [1.0, 0.5])
def test_within_a_budget_drift_falls_by_all_of_it(phi: float) -> None:
    """Drift is a distance, so turnover b can take at most b of it away: that bound is met."""
    for seed in range(60):
        budget = 0.02 + 0.01 * (seed % 40)
        held, cash, target, market, params = made(
            seed, **BARE, phi=phi, whole_exits=False, turnover_budget=budget
        )
        cash = abs(cash)
        prices = {s: price_of(7.0 + i) for i, s in enumerate(market.classes)}
        plan = trade_plan(held, cash, target, Market(prices, market.classes), params)
        fell = plan.drift_before - plan.drift_after
        assert fell == pytest.approx(min(budget, phi * plan.drift_before), abs=2e-3), f"seed {seed}"


def test_bands_leave_no_limit_passed(campaign: Callable[[int, int], int]) -> None:
    """A target within its limits, free to be traded: held to it within a hair, whatever bands."""
    lifted = 0
    for seed in range(campaign(60, 1000)):
        held, cash, target, market, _ = made(seed)
        rng = np.random.default_rng([seed, 1])
        limits = []
        for k in range(int(rng.integers(1, 6))):
            names = frozenset(s for s in market.prices if rng.uniform() < 0.5)
            at = sum(target.get(s, 0.0) for s in names)
            limits.append(WeightLimit(f"group {k}", names, 0.0, at + 0.01 * float(rng.uniform())))
        params = TradeParams(
            no_trade_band=float(rng.choice([0.005, 0.02, 0.1])), minimum_trade=0.0,
            relative_band=float(rng.choice([0.05, 0.5])), lots="fractional",
            destination=str(rng.choice(DESTINATIONS)), whole_exits=bool(rng.uniform() < 0.5),
        )  # fmt: skip
        if cash < 0 or any(s not in market.prices for s in target if s != "CASH"):
            continue
        plan = trade_plan(
            held, cash, target, replace(market, weight_limits=tuple(limits), blocked={}), params
        )
        # Weights after are of what costs leave.
        left = float(plan.value_before / plan.value_after)
        for limit in limits:
            after = sum(plan.weights_after.get(s, 0.0) for s in limit.symbols)
            most = (limit.upper + TRADED_TOLERANCE) * left + 1e-4
            assert after <= most, (seed, limit.label, after, limit.upper)
        lifted += any("band lifted for a limit" in line.reason for line in plan.lines)
    assert lifted, "no case where a band had to give way"


def test_the_same_question_has_the_same_answer() -> None:
    for seed in range(10):
        held, cash, target, market, params = made(seed)
        turned = dict(reversed(held.items())), cash, dict(reversed(target.items())), market, params
        assert trade_plan(held, cash, target, market, params) == trade_plan(*turned)


def test_at_the_target_nothing_is_traded() -> None:
    for seed in range(20):
        held, cash, _, market, params = made(seed, turnover_budget=1.0, cash_buffer=0.0)
        value = cash + sum(
            (q * market.prices[s] for s, q in held.items() if s in market.prices), D(0)
        )
        if cash < 0:
            continue
        here = {
            s: float(q * market.prices[s] / value) for s, q in held.items() if s in market.prices
        }
        plan = trade_plan(held, cash, here, market, params)
        assert plan.lines == ()
        assert plan.drift_before == pytest.approx(0, abs=1e-12)
