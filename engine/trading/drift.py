"""How far what is held is from its target, whether that calls for trades, and what to do with what
cannot be weighed as others are."""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.core.currencies import is_cash
from engine.core.edges import over
from engine.core.errors import InputError
from engine.core.format import percent
from engine.core.words import CASH, Status, values_of
from engine.params.trading import DriftParams
from engine.trading.costs import CENT, exact

STATUSES = values_of(Status)
LEFT, STALE, UNPRICED = "left the universe", "stale price", "no price"
# Less than this is none: weights are floats, and rounding is no drift.
NO_DRIFT = 1e-9
UNKNOWN_GROUP = "Unknown"


@dataclass(frozen=True)
class DriftLine:
    """One symbol, or cash of a currency. held and drift None: no price, so not known (in no sum).

    money: drift in the base currency, to the cent. action: buy, sell, enter, exit, none; or the
    rule by which it is not traded, `freeze` or `hold`; or cash. note: why a rule was applied.
    """

    symbol: str
    last: float
    held: float | None
    target: float
    drift: float | None
    money: Decimal | None
    action: str
    note: str = ""


@dataclass(frozen=True)
class DriftGroup:
    """The sums over a cluster or class; `Unknown` holds those of which it is not known."""

    name: str
    last: float
    held: float
    target: float
    drift: float
    money: Decimal


@dataclass(frozen=True)
class Drift:
    """turnover: one-way, ½ Σ|drift| with CASH. largest: the largest |drift| of an asset.

    reason: why this status, in a sentence.
    """

    status: str
    reason: str
    turnover: float
    largest: float
    lines: tuple[DriftLine, ...]
    by_cluster: tuple[DriftGroup, ...]
    by_class: tuple[DriftGroup, ...]


@dataclass(frozen=True)
class Ruled:
    """Targets after the rules. target: sums to 1. blocked: symbol to why it is not traded.

    rules: symbol to (what is wrong with it, rule).
    """

    target: dict[str, float]
    blocked: dict[str, str]
    rules: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Fired:
    """How often the thresholds would have fired: parts of `days`; REBALANCE includes URGENT."""

    rebalance: float
    urgent: float
    days: int


def apply_rules(
    held: Mapping[str, float],
    target: Mapping[str, float],
    problems: Mapping[str, str],
    params: DriftParams,
) -> Ruled:
    """Targets with every held or wanted symbol that has a problem handled by its rule.

    held, target: weights with CASH, each summing to 1. problems: symbol to LEFT, STALE or UNPRICED.
    `sell`: the target is 0, what it had goes to CASH; `freeze`: the target is what is held, the
    others and CASH share the rest in proportion; `hold`: the target stays. The last two are
    blocked; `sell` without a price finds no trade and says so. Raises InputError for another
    problem.
    """
    rule_of = {
        LEFT: params.left_rule, STALE: params.stale_rule, UNPRICED: params.unpriced_rule,
    }  # fmt: skip
    wanted = {CASH: 0.0, **target}
    rules: dict[str, tuple[str, str]] = {}
    blocked: dict[str, str] = {}
    frozen: dict[str, float] = {}
    for symbol, problem in sorted(problems.items()):
        if problem not in rule_of:
            raise InputError(f"{symbol} has the problem {problem!r}: use {', '.join(rule_of)}.")
        rule = rule_of[problem]
        rules[symbol] = (problem, rule)
        if rule == "sell":
            wanted[CASH] += wanted.get(symbol, 0.0)
            wanted[symbol] = 0.0
        else:
            blocked[symbol] = f"{problem}: {rule}"
        if rule == "freeze":
            frozen[symbol] = held.get(symbol, 0.0)
    if frozen:
        rest = math.fsum(w for s, w in wanted.items() if s not in frozen)
        room = 1.0 - math.fsum(frozen.values())
        scale = room / rest if rest > 0 else 0.0
        wanted = {s: w * scale for s, w in wanted.items() if s not in frozen} | frozen
        if rest <= 0:
            wanted[CASH] = room
    return Ruled(wanted, blocked, rules)


def drift_lines(
    last: Mapping[str, float] | None,
    held: Mapping[str, float],
    target: Mapping[str, float],
    value: Decimal,
    params: DriftParams,
    *,
    asset_cap: float,
    clusters: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    unpriced: Sequence[str] = (),
    rules: Mapping[str, tuple[str, str]] | None = None,
) -> Drift:
    """The drift of every symbol that is in last, held or target, CASH at the end.

    Args:
        last: weights when last implemented; none: never, all was cash.
        held: weights now, CASH included, summing to 1; without what is `unpriced`.
        target: weights, CASH included, summing to 1 (after `apply_rules`).
        value: what the whole is worth, base currency.
        asset_cap: largest weight of an asset; ¾ of it (a parameter) is much for one drift.
        clusters, classes: names by symbol; what is missing is Unknown, CASH is its own.
        unpriced: held without a price; shown, in no sum.
        rules: as `Ruled.rules`.

    Status: NEW where nothing but cash is held; URGENT over its turnover, or where the drift of one
    asset is over its part of the cap; REBALANCE over its turnover; else MAINTAIN.

    Raises InputError where held or target do not sum to 1.
    """
    for name, weights in (("held", held), ("target", target)):
        if abs(math.fsum(weights.values()) - 1) > 1e-6:
            raise InputError(
                f"The {name} weights sum to {math.fsum(weights.values()):.6f}: they sum to 1 with "
                f"{CASH}."
            )
    last = {CASH: 1.0} if last is None else last
    rules, missing = rules or {}, set(unpriced) - set(held)
    every = ({*last, *held, *target} | missing) - {CASH}
    symbols = sorted(every, key=lambda s: (is_cash(s), s))
    lines = tuple(
        _line(s, last.get(s, 0.0), None if s in missing else held.get(s, 0.0), target.get(s, 0.0),
              value, rules.get(s))
        for s in (*symbols, CASH)
    )  # fmt: skip
    known = [line.drift for line in lines if line.drift is not None]
    turnover = 0.5 * math.fsum(abs(d) for d in known)
    largest = max((abs(x.drift or 0.0) for x in lines if not is_cash(x.symbol)), default=0.0)
    is_new = not missing and all(w <= NO_DRIFT for s, w in held.items() if not is_cash(s))
    status, reason = _status(is_new, turnover, largest, asset_cap, params)
    return Drift(
        status, reason, turnover, largest, lines,
        _groups(lines, clusters or {}), _groups(lines, classes or {}),
    )  # fmt: skip


def fired_share(
    turnovers: Sequence[float],
    params: DriftParams,
    largest: Sequence[float] | None = None,
    asset_cap: float = 1.0,
) -> Fired:
    """How often REBALANCE and URGENT would have fired over a history of drift, a value a day.

    turnovers: NaN = not known, left out. largest: the largest drift of an asset on the same days;
    none: URGENT by turnover alone. No day: shares are NaN.
    """
    tops = [0.0] * len(turnovers) if largest is None else largest
    found = [
        _status(False, t, top, asset_cap, params)[0]
        for t, top in zip(turnovers, tops, strict=True)
        if not math.isnan(t)
    ]
    days = len(found)
    if not days:
        return Fired(math.nan, math.nan, 0)
    urgent = found.count(Status.URGENT)
    return Fired((found.count(Status.REBALANCE) + urgent) / days, urgent / days, days)


def _status(
    is_new: bool, turnover: float, largest: float, asset_cap: float, params: DriftParams
) -> tuple[str, str]:
    if is_new:
        return Status.NEW.value, "Nothing but cash is held."
    alarm = params.urgent_cap_share * asset_cap
    moved = f"Turnover to the target is {percent(turnover)}"
    if over(turnover, params.urgent_turnover):
        return Status.URGENT.value, f"{moved}, over {percent(params.urgent_turnover)}."
    if over(largest, alarm):
        return (
            Status.URGENT.value,
            f"The drift of one asset is {percent(largest)}, over {percent(alarm)}.",
        )
    if over(turnover, params.rebalance_turnover):
        return Status.REBALANCE.value, f"{moved}, over {percent(params.rebalance_turnover)}."
    return Status.MAINTAIN.value, f"{moved}, not over {percent(params.rebalance_turnover)}."


def _line(
    symbol: str,
    last: float,
    held: float | None,
    target: float,
    value: Decimal,
    rule: tuple[str, str] | None,
) -> DriftLine:
    note = f"{rule[0]}: {rule[1]}" if rule else (UNPRICED if held is None else "")
    drift = None if held is None else target - held
    if rule and rule[1] != "sell":
        action = rule[1]
    elif drift is None:
        action = "none"
    elif is_cash(symbol):
        action = "cash"
    elif abs(drift) <= NO_DRIFT:
        action = "none"
    elif drift > 0:
        action = "buy" if held else "enter"
    else:
        action = "sell" if target > 0 else "exit"
    return DriftLine(
        symbol, last, held, target, drift, None if drift is None else _money(drift, value),
        action, note,
    )  # fmt: skip


def _groups(lines: Sequence[DriftLine], names: Mapping[str, str]) -> tuple[DriftGroup, ...]:
    """Sums by name in alphabetical order, CASH at the end; what is not priced is left out."""
    members: dict[str, list[DriftLine]] = {}
    for line in lines:
        if line.held is not None:
            own = CASH if line.symbol == CASH else names.get(line.symbol) or UNKNOWN_GROUP
            members.setdefault(own, []).append(line)
    return tuple(
        DriftGroup(
            name,
            math.fsum(x.last for x in members[name]),
            math.fsum(x.held or 0.0 for x in members[name]),
            math.fsum(x.target for x in members[name]),
            math.fsum(x.drift or 0.0 for x in members[name]),
            sum((x.money or Decimal(0) for x in members[name]), Decimal(0)),
        )
        for name in sorted(members, key=lambda name: (name == CASH, name))
    )


def _money(drift: float, value: Decimal) -> Decimal:
    with decimal.localcontext(exact()):
        return (Decimal(drift) * value).quantize(CENT)
