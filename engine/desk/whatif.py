"""What another threshold would do, against what somebody holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.core.currencies import is_cash
from engine.core.words import CASH
from engine.desk.marks import marks_on
from engine.desk.needs import Needs
from engine.desk.runs import Opened
from engine.params import Params
from engine.params.trading import TradeParams
from engine.pipeline import whatif as sweeps
from engine.trading.costs import cost_bps
from engine.trading.state import state_at, value_at

NOTHING, FROM_CASH = "nothing", "cash"  # what turnover is against, beside portfolios and runs


@dataclass(frozen=True, eq=False)
class Asked:
    """A question: everything that is the same at each threshold, and what is compared with.

    held: weights with CASH, None: nothing. against: in words.
    """

    opened: Opened
    on: sweeps.Setting
    held: Mapping[str, float] | None
    cost: Callable[[Mapping[str, float], Mapping[str, float]], float]
    against: str

    @staticmethod
    def of(
        opened: Opened, on: sweeps.Setting, held: Mapping[str, float] | None, against: str
    ) -> Asked:
        """With the costs of the parameters' trades."""
        table = opened.grid.instruments
        classes = dict(zip(opened.grid.symbols, table["asset_class"], strict=True))
        return Asked(opened, on, held, cost_between(classes, on.params.trade), against)

    def points(self) -> Iterator[sweeps.Point]:
        """The points of the sweep, as each is solved."""
        return sweeps.whatif(self.on, self.held, self.cost)


def asked(needs: Needs, opened: Opened, params: Params, against: str | None) -> Asked:
    """against: a portfolio, `cash`, a run; None: nothing.

    Raises what the pipeline raises, and InputError for a name that is neither.
    """
    on = sweeps.setting(opened.grid, params)
    if against is None:
        return Asked.of(opened, on, None, NOTHING)
    held, told = held_by(needs, opened, on, against)
    return Asked.of(opened, on, held, told)


def held_by(
    needs: Needs, opened: Opened, on: sweeps.Setting, against: str
) -> tuple[dict[str, float], str]:
    """Weights with CASH of a portfolio, all cash, or a run, and that in words. Raises InputError
    for a name that is neither."""
    if against == FROM_CASH:
        return sweeps.of_cash(), "all in cash"
    if against in {p.name for p in needs.ledger.portfolios()}:
        as_of = on.analysis.panel.as_of
        state = state_at(needs.ledger.entries(against), as_of)
        marks = marks_on(opened.grid, as_of, state.base_currency, on.params.panel)
        return value_at(state, marks.prices).weights, f"the portfolio {against}"
    run = needs.runs.run(against)
    return {s: w for s, w in run.weight_of().items() if w}, f"the run {run.run_id}"


def cost_between(
    classes: Mapping[str, str], trade: TradeParams
) -> Callable[[Mapping[str, float], Mapping[str, float]], float]:
    """The cost of a move between weights, as a part of the value: each trade at the rates of its
    class; cash of other currencies at that of currencies, CASH at none."""

    def rate(symbol: str) -> float:
        if symbol == CASH:
            return 0.0
        kind = "fx" if is_cash(symbol) else classes.get(symbol, "")
        return float(cost_bps(kind, trade)) / 1e4

    def cost(before: Mapping[str, float], after: Mapping[str, float]) -> float:
        names = sorted({*before, *after})
        return sum(abs(after.get(s, 0.0) - before.get(s, 0.0)) * rate(s) for s in names)

    return cost
