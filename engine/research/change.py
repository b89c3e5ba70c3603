"""Why weights are not what they were: one thing changed at a time, in a stated order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from engine.core.errors import AnswerNo, InputError, NotFinished
from engine.core.ordering import by_size
from engine.core.symbols import named
from engine.params import Params

# In this order; each cause is told with all before it in place.
CAUSES = {
    "data": "closes and as-of date, and with them risk and FX trend; t held",
    "regime or threshold": "the tree's cut: the regime's threshold, or another threshold, linkage "
    "or regime setting",
    "limits": "caps, budgets, own bounds, strength of the FX multiplier",
    "parameters": f"everything else: profile, {named('λ')}, {named('α')}, layers, lookback, "
    "classes",
}
LIMITS = ("limits", "sentiment")
CUT = ("tree", "regime")

Weights = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Change:
    """Weights before and after, and what each cause did.

    table: one row a symbol that either has, CASH among them, the largest change first; columns
    symbol, before, one a cause (names of `causes`), after, change; fractions. Invariant: the causes
    of a row add up to its change, and the changes of all rows to 0.
    causes: those that could be told apart, in order. A cause whose own step has no portfolio is
    told with the next, as "limits + parameters". notes: why, in words.
    turnover: one-way of each cause, and of the whole as "all"; the parts may exceed the whole.
    """

    table: pd.DataFrame
    causes: tuple[str, ...]
    notes: tuple[str, ...]
    turnover: dict[str, float]


def stages(
    before: Params, threshold: float, after: Params, as_of: dt.date
) -> tuple[tuple[str, Params], ...]:
    """Cause → parameters of the step, all on today's data; the last are `after`.

    before, threshold: what the earlier weights were made with, and the t that was in use.
    as_of: the date that is looked at now.
    """
    then = before.with_settings({"data.as_of": as_of, "tree.threshold": threshold})
    cut = _with(then, after, CUT)
    limits = _with(cut, after, LIMITS)
    return tuple(zip(CAUSES, (then, cut, limits, after), strict=True))


def explain(
    before: Weights,
    steps: tuple[tuple[str, Params], ...],
    weights_under: Callable[[Params], Weights],
) -> Change:
    """Walk from `before` through the steps and put each difference on record.

    before: symbol → weight, CASH among them, summing to 1. weights_under: makes the weights of one
    step's parameters; what it raises as NoPortfolio or SolverFailed joins the step to the next, and
    from the last step is raised on. Steps with equal parameters are asked for once.
    Raises InputError without steps.
    """
    if not steps:
        raise InputError("There is no step to explain a change by.")
    last = steps[-1][1]
    known: dict[Params, Weights] = {last: weights_under(last)}
    walked: list[tuple[str, Weights]] = []
    waiting: list[str] = []
    notes: list[str] = []
    for cause, params in steps:
        waiting.append(cause)
        if params not in known:
            try:
                known[params] = weights_under(params)
            except (AnswerNo, NotFinished, InputError) as error:
                notes.append(f"{cause.capitalize()} alone gives no portfolio: {error}")
                continue
        walked.append((" + ".join(waiting), known[params]))
        waiting = []
    return _told(before, walked, tuple(notes))


def _told(before: Weights, walked: list[tuple[str, Weights]], notes: tuple[str, ...]) -> Change:
    after = walked[-1][1]
    symbols = sorted(set(before).union(*(weights for _, weights in walked)))
    table = pd.DataFrame({"symbol": symbols, "before": [before.get(s, 0.0) for s in symbols]})
    held = table["before"]
    turnover = {}
    for cause, weights in walked:
        now = pd.Series([weights.get(s, 0.0) for s in symbols], dtype=float)
        table[cause] = now - held
        turnover[cause] = 0.5 * float(table[cause].abs().sum())
        held = now
    table["after"] = [after.get(s, 0.0) for s in symbols]
    table["change"] = table["after"] - table["before"]
    turnover["all"] = 0.5 * float(table["change"].abs().sum())
    order = by_size(table["change"].abs(), table["symbol"])
    table = table.iloc[order].reset_index(drop=True)
    return Change(table, tuple(c for c, _ in walked), notes, turnover)


def _with(params: Params, other: Params, groups: tuple[str, ...]) -> Params:
    """`params` with whole groups of another."""
    document = other.to_json()
    return params.with_settings(
        {f"{group}.{knob}": value for group in groups for knob, value in document[group].items()}
    )
