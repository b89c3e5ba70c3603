"""Trades by hand: taken as they are, but for what is on a list or cannot be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from engine.core.errors import InputError, SolverFailed
from engine.params.trading import TradeParams
from engine.trading import trades
from engine.trading.trades import Market, TradePlan, edited_plan, trade_plan

HELD = {"AAA": D(500), "BBB": D(600)}
TARGET = {"AAA": 0.40, "BBB": 0.35, "CCC": 0.05, "CASH": 0.20}
PRICES = {"AAA": D(100), "BBB": D(50), "CCC": D(20)}


def edited(wanted: dict[str, int], blocked: str = "", **settings: object) -> TradePlan:
    market = Market(
        PRICES, dict.fromkeys(PRICES, "equity"), {blocked: "stale price: hold"} if blocked else {}
    )
    units = {symbol: D(quantity) for symbol, quantity in wanted.items()}
    return edited_plan(HELD, D(20000), TARGET, market, TradeParams(**settings), units)


@pytest.mark.parametrize(
    ("settings", "side", "says"),
    [
        ({"do_not_buy": ("BBB",)}, 1, "do not buy"),
        ({"do_not_sell": ("BBB",)}, -1, "do not sell"),
        ({"restricted": ("BBB",)}, 1, "restricted"),
        ({"restricted": ("BBB",)}, -1, "restricted"),
        ({"blocked": "BBB"}, 1, "stale price: hold"),
        ({"blocked": "BBB"}, -1, "stale price: hold"),
    ],
)
def test_what_is_on_a_list_is_not_traded_by_hand_either(
    settings: dict, side: int, says: str
) -> None:
    """A single unit beside a trade that may be: nothing is left out silently, nothing is done."""
    with pytest.raises(
        InputError, match=rf"^BBB cannot be traded \({says}\): take it off the tick"
    ):
        edited({"AAA": -10, "BBB": side}, **settings)
    assert len(edited({"AAA": -10, "BBB": 0}, **settings).lines) == 1  # nothing of it is asked for


@pytest.mark.parametrize(("name", "side"), [("do_not_buy", -1), ("do_not_sell", 1)])
def test_a_list_of_one_side_leaves_the_other(name: str, side: int) -> None:
    (line,) = edited({"BBB": side}, **{name: ("BBB",)}).lines
    assert (line.symbol, line.side) == ("BBB", "BUY" if side > 0 else "SELL")


def test_what_is_not_held_yet_is_bought_by_no_edit_that_a_list_forbids() -> None:
    with pytest.raises(InputError, match="CCC cannot be traded"):
        edited({"CCC": 1}, do_not_buy=("CCC",))
    assert edited({"CCC": 1}).lines[0].quantity == 1


def test_all_that_is_held_may_be_sold_and_no_unit_more() -> None:
    assert edited({"AAA": -500}).lines[0].reason == "full exit"
    assert edited({"AAA": -499}).lines[0].reason == "as edited"
    with pytest.raises(InputError, match="AAA: 501 to sell, 500 held"):
        edited({"AAA": -501})


def test_a_buffer_or_budget_is_passed_only_by_what_is_over_it() -> None:
    """1,000 bought of 20,000 in cash, 3 bps of it cost 0.30; the whole is worth 100,000."""
    for settings in ({"cash_buffer": 0.189997}, {"turnover_budget": 0.0100015}):
        plan = edited({"AAA": 10}, **settings)
        assert (plan.cash_after, plan.notes) == (D("18999.70"), ())
    (low,) = edited({"AAA": 10}, cash_buffer=0.18999701).notes
    assert low == "Cash ends at 18,999.70, its buffer is 18,999.70."
    (over,) = edited({"AAA": 10}, turnover_budget=0.01000149).notes
    assert over == "Turnover is 1.0 %, the budget 1.0 %."


def test_a_last_look_is_taken_at_every_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the sums wrong, no plan would come of it; a limit holds but for trades by hand."""
    real = trades.sums_of
    market = Market(PRICES, dict.fromkeys(PRICES, "equity"))

    def proposed() -> TradePlan:
        return trade_plan(HELD, D(20000), TARGET, market, TradeParams())

    def off(**changes: D) -> None:
        monkeypatch.setattr(trades, "sums_of", lambda *a: replace(real(*a), **changes))

    off(cost=D(1))
    for make in (proposed, lambda: edited({"AAA": 10})):
        with pytest.raises(SolverFailed, match="the values do not reconcile"):
            make()
    off(turnover=D(100001))
    with pytest.raises(SolverFailed, match="the turnover budget is passed"):
        proposed()
    assert "Turnover is 100.0 %" in edited({"AAA": 10}).notes[0]
