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

    def points(self) -> Iterator[sweeps.Point]:
        """The points of the sweep, as each is solved."""
        return sweeps.whatif(self.on, self.held, self.cost)


def asked(needs: Needs, opened: Opened, params: Params, against: str | None) -> Asked:
    """against: a portfolio, `cash`, a run; None: nothing.

    Raises what the pipeline raises, and InputError for a name that is neither.
    """
    on = sweeps.setting(opened.grid, params)
    panel = on.analysis.panel
    held, told = None, "nothing"
    if against == "cash":
        held, told = sweeps.of_cash(), "all in cash"
    elif against is not None and against in {p.name for p in needs.ledger.portfolios()}:
        state = state_at(needs.ledger.entries(against), panel.as_of)
        marks = marks_on(opened.grid, panel.as_of, state.base_currency, params.panel)
        held, told = value_at(state, marks.prices).weights, f"the portfolio {against}"
    elif against is not None:
        run = needs.runs.run(against)
        held, told = {s: w for s, w in run.weight_of().items() if w}, f"the run {run.run_id}"
    table = opened.grid.instruments
    classes = dict(zip(opened.grid.symbols, table["asset_class"], strict=True))
    return Asked(opened, on, held, cost_between(classes, params.trade), told)


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
