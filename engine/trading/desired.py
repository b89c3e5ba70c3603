"""What would be traded if every unit could be cut as one likes: bands, locks, cash and budget.

All in parts of the portfolio's value, as floats; lots.py and reconcile.py make exact trades of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.core.edges import over
from engine.core.symbols import named
from engine.params.trading import TradeParams

# Weights come from floats: less than this is rounding, not drift.
TINY = 1e-10
# Whole lots, costs and the minimum trade leave a weight this far from a limit that its target is
# at; less than this beyond it is no breach.
TRADED_TOLERANCE = 5e-4
# So that rounding to a step of the quantity does not end below the minimum.
ABOVE_MINIMUM = 1.01
# Costs are a small part of trades, so a few turns find those that fit each other.
_TURNS = 50

AT_TARGET = "at its target"
IN_BAND = "within its band"
TOO_SMALL = "under the minimum trade"
OVER_BUDGET = "turnover budget used up"
NO_CASH = "no cash for it above the buffer"
FLOW_ONLY = "cash flow only"
NO_PART = f"{named('φ')} is 0"


@dataclass(frozen=True, eq=False)
class WeightLimits:
    """R limits on N weights: lower ≤ members · w ≤ upper; members R×N of 0 and 1."""

    members: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def no_limits(n: int) -> WeightLimits:
    """No limit on N weights."""
    return WeightLimits(np.zeros((0, n)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Demand:
    """N assets. held, target: weights. can_buy, can_sell: N bool. rate: N, cost a unit traded.

    cash, cash_target: weights; held and cash sum to 1, targets and cash_target too. reserve: weight
    that stays in cash beside the buffer.
    minimum: smallest trade, as weight. limits: what a band must not leave passed.
    """

    held: np.ndarray
    target: np.ndarray
    can_buy: np.ndarray
    can_sell: np.ndarray
    rate: np.ndarray
    cash: float
    cash_target: float
    minimum: float
    limits: WeightLimits = field(default_factory=lambda: no_limits(0))
    reserve: float = 0.0


@dataclass(frozen=True, eq=False)
class Desired:
    """trade: N, bought > 0, sold < 0, in weight. target: N, within what can be reached.

    exits: N bool, sold whole. why: N, the reason where nothing is traded, else "". raised: N bool,
    sold for nothing but cash. cut: N bool, smaller than asked for by more than costs explain.
    lifted: N bool, traded beyond its band for a limit.
    """

    trade: np.ndarray
    target: np.ndarray
    exits: np.ndarray
    raised: np.ndarray
    cut: np.ndarray
    lifted: np.ndarray
    why: tuple[str, ...]


def desired_trades(demand: Demand, params: TradeParams) -> Desired:
    """Trades before lots.

    1. Targets of what can move are scaled down where what cannot move, and the buffer, leave less.
    2. Drift outside its band goes to the target or the edge of the band, φ of the way. Where that
       would leave a limit passed by over `TRADED_TOLERANCE`, the bands of as few of its members as
       do it, the largest drift first, do not count. What has a target of 0 is sold whole, whatever
       φ and band (unless `whole_exits` is off).
    3. Purchases are cut alike to the cash there is above the buffer, costs paid; where even without
       them cash is short of the buffer, more is sold: what is over its target before the rest, the
       largest first.
    4. Within the turnover budget both sides keep their ratio, so that each unit of turnover takes a
       unit of drift away, which is the most it can; exits first, then the largest trades.
    5. What is under the minimum is left out, smallest first, and 3 and 4 are done again.
    """
    buffer = params.cash_buffer + demand.reserve
    target, locked = _reachable(demand, buffer)
    drift = target - demand.held
    exits = (demand.target <= TINY) & (demand.held > 0) & demand.can_sell & params.whole_exits
    full = _outside_band(drift, target, params)
    free = ~locked & np.where(drift > 0, demand.can_buy, demand.can_sell)
    full, lifted = _within_limits(demand, full, np.where(free, drift, 0.0))
    move = params.phi * full
    why = np.where(np.abs(drift) <= TINY, AT_TARGET, IN_BAND).astype(object)
    why[(full != 0) & (move == 0)] = NO_PART
    move[locked], why[locked] = 0.0, ""
    move[exits] = -demand.held[exits]
    in_full = np.abs(move)
    floor = buffer
    if params.cash_flow_only:
        floor, exits = _by_cash_flow(demand, move, exits, why, buffer)

    wanted = move != 0
    why[wanted] = NO_CASH
    while True:
        funded, raised = _fund(demand, move, floor, params)
        trade = _within_budget(demand, funded, exits, floor, params.turnover_budget)
        why[(funded != 0) & (trade == 0)] = OVER_BUDGET
        small = (trade != 0) & (np.abs(trade) < demand.minimum - TINY) & ~exits
        # What must be raised is not left out for being small: the buffer goes before.
        small &= ~raised
        if not small.any():
            break
        for side in (small & (trade > 0), small & (trade < 0)):
            if side.any():
                smallest = np.flatnonzero(side)[np.argmin(np.abs(trade[side]))]
                move[smallest], why[smallest] = 0.0, TOO_SMALL
    why[trade != 0] = ""
    exits &= np.abs(trade + demand.held) <= TINY
    cut = (trade != 0) & (np.abs(trade) < in_full * (1 - _for_costs(trade, demand)) - TINY)
    traded = trade != 0
    return Desired(
        trade, target, exits, raised & traded, cut, lifted & traded & ~exits, tuple(why.tolist())
    )


def _reachable(demand: Demand, buffer: float) -> tuple[np.ndarray, np.ndarray]:
    """Targets scaled to what locked assets and the buffer leave; N bool, locked."""
    target = demand.target.copy()
    locked = np.zeros(len(target), dtype=bool)
    while True:
        drift = target - demand.held
        found = locked | ((drift > TINY) & ~demand.can_buy) | ((drift < -TINY) & ~demand.can_sell)
        room = 1 - demand.held[found].sum() - max(demand.cash_target, buffer)
        asked = demand.target[~found].sum()
        scale = min(1.0, max(room, 0.0) / asked) if asked > 0 else 1.0
        scaled = np.where(found, demand.held, demand.target * scale)
        # Scaling may be what first leaves something over its target that must not be sold.
        if (found == locked).all() and (scaled == target).all():
            return target, locked
        target, locked = scaled, found


def _outside_band(drift: np.ndarray, target: np.ndarray, params: TradeParams) -> np.ndarray:
    absolute, relative = params.no_trade_band, params.relative_band * target
    band = {
        "absolute": np.full(len(target), absolute),
        "relative": relative,
        "larger": np.maximum(absolute, relative),
        "smaller": np.minimum(absolute, relative),
    }[params.band_kind]
    short_of = band if params.destination == "edge" else 0.0
    move = np.sign(drift) * (np.abs(drift) - short_of)
    return np.where(over(np.abs(drift), np.maximum(band, TINY)), move, 0.0)


def _within_limits(
    demand: Demand, full: np.ndarray, drift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Moves with the bands lifted that would leave a limit passed, and which: N bool.

    drift: N, 0 for what cannot be traded. Each turn lifts one band or more, or ends it.
    """
    full, lifted = full.copy(), np.zeros(len(full), dtype=bool)
    found = True
    while found:
        found = False
        for mask, low, high in zip(
            demand.limits.members > 0, demand.limits.lower, demand.limits.upper, strict=True
        ):
            while True:
                weight = float((demand.held + full)[mask].sum())
                if weight <= high + TRADED_TOLERANCE and weight >= low - TRADED_TOLERANCE:
                    break
                eases = mask & (drift * (weight - high) < 0)
                left = np.where(eases, np.abs(drift) - np.abs(full), 0.0)
                i = int(np.argmax(left.round(12)))
                if left[i] <= TINY:
                    break
                full[i], lifted[i], found = drift[i], True, True
    return full, lifted


def _for_costs(trade: np.ndarray, demand: Demand) -> np.ndarray:
    """N: part by which purchases are smaller for the costs of all trades alone; 0 for sales."""
    bought = trade[trade > 0].sum()
    part = 2 * float(np.abs(trade) @ demand.rate) / bought if bought else 0.0
    return np.where(trade > 0, min(part, 1.0), 0.0)


def _by_cash_flow(
    demand: Demand, move: np.ndarray, exits: np.ndarray, why: np.ndarray, buffer: float
) -> tuple[float, np.ndarray]:
    """Leave in `move` one side only, as large as the flow. Returns the floor of cash and exits."""
    wanted_cash = max(demand.cash_target, buffer)
    flow = demand.cash - wanted_cash
    wrong = (move < 0) if flow > 0 else (move > 0)
    move[wrong], why[wrong] = 0.0, FLOW_ONLY
    sold = -move[move < 0] @ (1 - demand.rate[move < 0])
    if sold > 0:
        part = min(1.0, -flow / sold)
        move *= part
        if part < 1:
            exits = np.zeros_like(exits)
    return (wanted_cash if flow > 0 else buffer), exits & ~wrong


def _fund(
    demand: Demand, move: np.ndarray, floor: float, params: TradeParams
) -> tuple[np.ndarray, np.ndarray]:
    """Purchases cut to the cash above `floor`; more sold where that is still short."""
    trade = move.copy()
    raised = np.zeros(len(move), dtype=bool)
    buys, sells = trade > 0, trade < 0
    available = demand.cash - floor - trade[sells] @ (1 - demand.rate[sells])
    cost = trade[buys] @ (1 + demand.rate[buys])
    if cost > available and cost > 0:
        trade[buys] *= max(available, 0.0) / cost
    short = (
        demand.cash - params.cash_buffer - demand.reserve - trade[sells] @ (1 - demand.rate[sells])
    )
    over = np.maximum(demand.held - demand.target, 0.0)
    least = demand.minimum * ABOVE_MINIMUM
    for pool in (over, demand.held):
        left = np.where(demand.can_sell, np.maximum(pool + np.minimum(trade, 0), 0.0), 0.0)
        # The largest first, so that few sales do it and none is under the minimum.
        for i in np.argsort(-left.round(9), kind="stable"):
            if short >= -TINY or left[i] <= TINY:
                break
            brings = 1 - demand.rate[i]
            more = min(left[i], max(-short / brings, least + min(trade[i], 0.0)))
            raised[i] |= move[i] == 0
            trade[i] = min(trade[i], 0.0) - more
            short += more * brings
    return trade, raised


def _within_budget(
    demand: Demand, trade: np.ndarray, exits: np.ndarray, floor: float, budget: float
) -> np.ndarray:
    """Trades whose one-way turnover is at most `budget`: 4 of `desired_trades`.

    The costs that are taken off are those of the trades that are left, so that the budget is used
    up: what fewer trades cost leaves room for more, which cost a little again.
    """
    cost = float(np.abs(trade) @ demand.rate)
    out = trade
    for _ in range(_TURNS):
        out = _cut(demand, trade, exits, floor, budget, cost)
        before, cost = cost, float(np.abs(out) @ demand.rate)
        if abs(cost - before) <= 1e-15:
            break
    return out


def _cut(
    demand: Demand, trade: np.ndarray, exits: np.ndarray, floor: float, budget: float, cost: float
) -> np.ndarray:
    """Trades within `budget`, if what is traded costs so much."""
    sold, bought = -trade[trade < 0].sum(), trade[trade > 0].sum()
    # One-way turnover with CASH is max(sold, bought), and half the costs at most.
    if max(sold, bought) + cost / 2 <= budget:
        return trade
    most = max(budget - cost / 2, 0.0)
    part = most / max(sold, bought)
    sell, buy = part * sold, part * bought
    first = demand.held[exits].sum()
    missing = floor - demand.cash
    if first > sell or missing > 0:
        sell = min(sold, most, max(sell, first, 1.01 * missing))
        buy = min(bought, most, max(sell - (sold - bought), 0.0))
        buy = min(buy, max(sell - missing - cost, 0.0))
    out = np.zeros_like(trade)
    for side, total in ((trade < 0, sell), (trade > 0, buy)):
        order = np.flatnonzero(side)
        # Rounded: what is equal but for noise goes by symbol.
        order = order[np.lexsort((order, -np.abs(trade[order]).round(9), ~exits[order]))]
        sizes = np.abs(trade[order])
        before = np.cumsum(sizes) - sizes
        out[order] = np.sign(trade[order]) * np.clip(total - before, 0.0, sizes)
    out[np.abs(out) <= TINY] = 0.0
    return out
