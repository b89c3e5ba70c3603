"""Cash in several currencies: who pays for what, what is changed, and that it adds up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError, ParamError
from engine.params.trading import DriftParams, TradeParams
from engine.trading.book import Market
from engine.trading.entries import ENTRIES
from engine.trading.entry import Account
from engine.trading.exports.filled import planned_fills
from engine.trading.exports.fills import check_fills
from engine.trading.floors import beside_floors, floor_weights
from engine.trading.money import DayRates
from engine.trading.tickets.build import build_ticket
from engine.trading.tickets.document import from_document
from engine.trading.tickets.ticket import Ticket, to_document
from engine.trading.tradable import Tradable
from engine.trading.trades import TradePlan, edited_plan, trade_plan

RATES = {"EUR": D("1.1"), "JPY": D("0.00666666666667"), "GBP": D("1.25")}
PAIRS = {"EUR": "EURUSD", "JPY": "USDJPY", "GBP": "GBPUSD"}
QUOTED = {"AAA": "", "SAP": "EUR", "ADS": "EUR", "TYO": "JPY", "LON": "GBP"}
PRICES = {
    "AAA": D("87.7618395544"), "SAP": D("142.887221221"), "ADS": D("201.3"),
    "TYO": D("0.735529713085"), "LON": D("110.357238006"),
    **{PAIRS[code]: rate for code, rate in RATES.items()},
}  # fmt: skip
TRADABLES = {
    **{s: Tradable(s, s, "equity", code) for s, code in QUOTED.items()},
    **{pair: Tradable(pair, code, "fx") for code, pair in PAIRS.items()},
}
MARKET = Market(
    PRICES,
    {s: t.asset_class for s, t in TRADABLES.items()},
    base="USD",
    settles={s: code for s, code in QUOTED.items() if code},
    rates=RATES,
    pairs=PAIRS,
)
# No minimum, no band: each amount shows.
PLAIN = {"minimum_trade": 0.0, "no_trade_band": 0.0, "relative_band": 0.0}
FREE = {f"{c}_{p}_bps": 0.0 for c in ("equity", "fx") for p in ("spread", "fee")}


def params(**settings: object) -> TradeParams:
    return TradeParams(**{**PLAIN, **settings})  # type: ignore[arg-type]


def ticket(plan: TradePlan) -> Ticket:
    return build_ticket(
        plan, TRADABLES, portfolio="main", universe="own", by="", run_id="", snapshot_id="",
        created_at=dt.datetime(2024, 1, 2, tzinfo=dt.UTC), as_of=dt.date(2024, 1, 1),
        base_currency="USD", ledger_head="",
    )  # fmt: skip


def kept(**floors: object) -> Market:
    """The market where so much stays in cash."""
    return replace(MARKET, floors={code: D(str(v)) for code, v in floors.items()})


def account(held: dict[str, D], cash: D, foreign: dict[str, D]) -> Account:
    return Account("USD", cash, dict(held), {}, dict(foreign))


def lines(plan: TradePlan) -> dict[str, D]:
    return {x.symbol: x.quantity if x.side == "BUY" else -x.quantity for x in plan.lines}


def test_a_purchase_is_paid_from_the_cash_of_its_own_currency() -> None:
    """Ten thousand euros pay for shares in euros; what is left over is one line."""
    plan = edited_plan(
        {}, D(1000), {"SAP": 0.5, "CASH": 0.5}, MARKET, params(), {"SAP": D(66)}, {"EUR": D(10000)}
    )
    amount = (66 * PRICES["SAP"] / RATES["EUR"]).quantize(D("0.01"))
    assert plan.paid == {"SAP": ("EUR", amount, 66 * PRICES["SAP"])}
    assert lines(plan) == {"SAP": D(66), "CASH EUR": amount - 10000}
    assert plan.cash_of_after["EUR"] == 0
    costs = sum(x.cost for x in plan.lines)
    assert plan.cash_of_after["USD"] == 1000 + (10000 - amount) * RATES["EUR"] - costs


def test_what_lacks_is_one_line_a_pair() -> None:
    trades = {"SAP": D(10), "ADS": D(20), "AAA": D(-5)}
    plan = edited_plan({"AAA": D(5)}, D(9000), {"CASH": 1.0}, MARKET, params(), trades)
    owed = sum((trades[s] * PRICES[s] / RATES["EUR"]).quantize(D("0.01")) for s in ("SAP", "ADS"))
    assert lines(plan) == {**trades, "CASH EUR": owed}
    assert [x.reason for x in plan.lines][-1] == "EUR that is lacking"
    one = ticket(plan).lines[-1]
    assert (one.symbol, one.market_symbol, one.market_side) == ("EURUSD", "EURUSD", "BUY")
    assert (one.market_quantity, one.to_cash, one.units) == (owed, owed, 0)


def test_the_broker_funds_what_own_cash_does_not() -> None:
    plan = edited_plan(
        {}, D(9000), {"CASH": 1.0}, MARKET, params(funding="broker"), {"SAP": D(20)},
        {"EUR": D(1000)},
    )  # fmt: skip
    whole = (20 * PRICES["SAP"] / RATES["EUR"]).quantize(D("0.01"))
    assert lines(plan) == {"SAP": D(20)}
    assert plan.paid["SAP"][:2] == ("EUR", D(1000))
    assert plan.cash_of_after["EUR"] == 0
    assert f"{whole - 1000} EUR of purchases are changed by the broker" in " ".join(plan.notes)
    assert plan.cash_of_after["USD"] == 9000 - 20 * PRICES["SAP"] + 1100 - plan.cost


def test_a_purchase_that_the_broker_funds_leaves_the_floor() -> None:
    plan = edited_plan(
        {}, D(9000), {"CASH": 1.0}, kept(EUR=400), params(funding="broker"), {"SAP": D(20)},
        {"EUR": D(1000)},
    )  # fmt: skip
    assert lines(plan) == {"SAP": D(20)}
    assert plan.paid["SAP"][:2] == ("EUR", D(600))
    assert plan.cash_of_after["EUR"] == 400


def test_a_floor_stays_and_a_debt_is_paid() -> None:
    plan = trade_plan(
        {}, D(5000), {"CASH": 1.0}, kept(EUR=2000, JPY=5000), params(),
        {"EUR": D(3000), "GBP": D(-100)},
    )  # fmt: skip
    assert lines(plan) == {"CASH EUR": D(-1000), "CASH JPY": D(5000), "CASH GBP": D(100)}
    assert {c: v for c, v in plan.cash_of_after.items() if c != "USD"} == {
        "EUR": D(2000), "JPY": D(5000), "GBP": D(0),
    }  # fmt: skip
    assert [x.reason for x in plan.lines] == [
        "EUR over its floor", "GBP that is lacking", "JPY to its floor",
    ]  # fmt: skip


def test_a_restricted_pair_changes_nothing() -> None:
    plan = trade_plan(
        {}, D(5000), {"CASH": 1.0}, MARKET, params(restricted=("EURUSD",)), {"EUR": D(3000)}
    )
    assert not plan.lines
    assert plan.cash_of_after["EUR"] == 3000
    bought = edited_plan(
        {}, D(5000), {"CASH": 1.0}, MARKET, params(restricted=("EURUSD",)), {"SAP": D(30)}, {}
    )
    assert "no pair changes it" in " ".join(bought.notes)
    assert "EUR" not in bought.cash_of_after


def test_by_hand_a_line_of_money_is_as_it_was_typed() -> None:
    plan = edited_plan(
        {}, D(5000), {"CASH": 1.0}, MARKET, params(), {"CASH EUR": D(-1500)}, {"EUR": D(1000)}
    )
    assert lines(plan) == {"CASH EUR": D(-1500)}
    assert "Cash of EUR ends at -500, below 0." in plan.notes
    with pytest.raises(InputError, match="no cash of XXX here"):
        edited_plan({}, D(5), {"CASH": 1.0}, MARKET, params(), {"CASH XXX": D(1)}, {})


def test_a_currency_and_its_cash_are_one_order() -> None:
    """60,000 yen in cash, 100,000 wanted: 40,000 are bought."""
    plan = edited_plan(
        {}, D(5000), {"CASH": 1.0}, MARKET, params(), {"USDJPY": D(100000)}, {"JPY": D(60000)}
    )
    made = ticket(plan)
    (line,) = made.lines
    assert (line.symbol, line.side, line.market_side) == ("USDJPY", "BUY", "SELL")
    assert (line.quantity, line.units, line.to_cash) == (40000, 100000, -60000)
    assert line.market_quantity == (40000 * RATES["JPY"]).quantize(D("0.01"))
    after = account({}, D(5000), {"JPY": D(60000)})
    ENTRIES["ticket"].apply(after, planned_fills(made).payload(), "Entry")
    assert (after.held, after.foreign["JPY"]) == ({"USDJPY": D(100000)}, 0)
    assert from_document(to_document(made)) == made
    same = edited_plan(
        {}, D(5000), {"CASH": 1.0}, MARKET, params(), {"USDJPY": D(60000)}, {"JPY": D(60000)}
    )
    with pytest.raises(InputError, match="JPY and of its cash come to nothing together"):
        ticket(same)


def test_fills_move_the_cash_of_their_currency() -> None:
    """Half at another price in euros with a fee in euros, and the line of the pair whole."""
    plan = edited_plan({}, D(9000), {"CASH": 1.0}, MARKET, params(**FREE), {"SAP": D(20)}, {})
    made, rates = ticket(plan), DayRates("USD", load=lambda: RATES)
    rows = [
        {"symbol": "SAP", "side": "BUY", "quantity": "10", "price": "131", "currency": "EUR",
         "fee": "2", "fee_currency": "EUR"},
        {"symbol": "EUR/USD", "side": "BUY", "quantity": exact(made.lines[1].market_quantity),
         "price": "1.12", "fee": "0"},
    ]  # fmt: skip
    done = check_fills(made, rows, rates=rates)
    after = account({}, D(9000), {})
    ENTRIES["ticket"].apply(after, done.payload(), "Entry")
    bought = made.lines[1].market_quantity
    assert after.held == {"SAP": 10, "EURUSD": 0}
    assert after.foreign == {"EUR": bought - 1312}
    assert after.cash == 9000 - bought * D("1.12")


def test_a_fill_with_a_rate_of_its_own_was_changed_at_it() -> None:
    plan = edited_plan({}, D(9000), {"CASH": 1.0}, MARKET, params(**FREE), {"SAP": D(20)}, {})
    made, rates = ticket(plan), DayRates("USD", load=lambda: RATES)
    row = {"symbol": "SAP", "side": "BUY", "quantity": "20", "price": "130", "currency": "EUR"}
    after = account({}, D(9000), {})
    done = check_fills(made, [row | {"fx_rate": "1.11"}], rates=rates)
    ENTRIES["ticket"].apply(after, done.payload(), "Entry")
    assert (after.cash, after.foreign) == (9000 - D("2886"), {})
    plain = account({}, D(9000), {})  # in base currency, as the form of the page has it
    row = {"symbol": "SAP", "side": "BUY", "quantity": "20", "price": "143"}
    ENTRIES["ticket"].apply(plain, check_fills(made, [row], rates=rates).payload(), "Entry")
    assert (plain.cash, plain.foreign) == (9000, {"EUR": D("-2600")})


def test_part_paid_by_the_broker_is_filled_so() -> None:
    plan = edited_plan(
        {}, D(9000), {"CASH": 1.0}, MARKET, params(funding="broker", **FREE), {"SAP": D(20)},
        {"EUR": D(1000)},
    )  # fmt: skip
    made, rates = ticket(plan), DayRates("USD", load=lambda: RATES)
    rows = [
        {"symbol": "SAP", "side": "BUY", "quantity": n, "price": "120", "currency": "EUR"}
        for n in ("5", "15")
    ]
    after = account({}, D(9000), {"EUR": D(1000)})
    ENTRIES["ticket"].apply(after, check_fills(made, rows, rates=rates).payload(), "Entry")
    assert after.foreign == {"EUR": 0}
    assert after.cash == 9000 - (2400 - 1000) * D("1.1")


@pytest.mark.parametrize("text", ["EUR", "EUR:-1", "eur:5", "EUR:x", ":5", "EURO2:5"])
def test_a_floor_that_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(ParamError, match=r"drift\.cash_floors"):
        DriftParams(cash_floors=(text,))
    with pytest.raises(ParamError, match="each currency once"):
        DriftParams(cash_floors=("EUR:1", "EUR:2"))


def test_floors_take_their_part_of_the_budget_of_currencies() -> None:
    floors = floor_weights({"EUR": D(1000), "USD": D(5), "CHF": D(9)}, {"CASH EUR": D("1.1")},
                           "USD", D(11000))  # fmt: skip
    assert floors == {"CASH EUR": pytest.approx(0.1)}
    target = {"A": 0.7, "EURUSD": 0.2, "CASH": 0.1}
    made = beside_floors(target, floors, {"EURUSD"}, 0.25)
    assert made == pytest.approx({"A": 0.7, "EURUSD": 0.15, "CASH EUR": 0.1, "CASH": 0.05})
    full = beside_floors({"A": 1.0}, floors, {"EURUSD"}, 0.25)
    assert full == pytest.approx({"A": 0.9, "CASH EUR": 0.1, "CASH": 0.0})
    assert beside_floors(target, {}, {"EURUSD"}, 0.1) == target


def exact(value: D) -> str:
    return format(value, "f")


amounts = st.integers(-500_000, 3_000_000).map(lambda n: D(n) / 100)


@given(
    seed=st.integers(0, 10**6),
    cash=amounts,
    foreign=st.fixed_dictionaries({}, optional={"EUR": amounts, "JPY": amounts, "GBP": amounts}),
    floors=st.sampled_from([{}, {"EUR": 500}, {"JPY": 100000, "GBP": 20.55}]),
    settings=st.fixed_dictionaries(
        {
            "funding": st.sampled_from(["lines", "broker"]),
            "phi": st.sampled_from([1.0, 0.5]),
            "cash_buffer": st.sampled_from([0.0, 0.05]),
            "turnover_budget": st.sampled_from([1.0, 0.2]),
            "minimum_trade": st.sampled_from([0.0, 200.0]),
        }
    ),
)
def test_every_book_adds_up_by_currency(
    seed: int,
    cash: D,
    foreign: dict[str, D],
    floors: dict[str, object],
    settings: dict[str, object],
) -> None:
    """From plan to ticket to planned fills, summed again as fractions."""
    rng = np.random.default_rng(seed)
    names = sorted(TRADABLES)
    held = {s: D(int(rng.integers(0, 200))) for s in names if rng.uniform() < 0.6}
    wanted = rng.dirichlet(np.full(len(names) + 1, 0.5))
    target = dict(zip([*names, "CASH"], wanted.tolist(), strict=True))
    worth = cash + sum(q * PRICES[s] for s, q in held.items())
    worth += sum(v * RATES[c] for c, v in foreign.items())
    if worth < 3000:  # a floor beyond what there is
        return
    knobs, market = params(**settings), kept(**floors)
    plan = trade_plan(held, cash, target, market, knobs, foreign)
    money = {"USD": F(cash)} | {c: F(v) for c, v in foreign.items()}
    units = {s: F(q) for s, q in held.items()}
    for line in plan.lines:
        sign, code = (1 if line.side == "BUY" else -1), line.symbol.removeprefix("CASH ")
        money["USD"] -= F(line.cost)
        if line.symbol.startswith("CASH "):
            money[code] = money.get(code, F(0)) + sign * F(line.quantity)
            money["USD"] -= sign * F(line.quantity) * F(RATES[code])
            continue
        units[line.symbol] = units.get(line.symbol, F(0)) + sign * F(line.quantity)
        paid_in, amount, of_value = plan.paid.get(line.symbol, ("USD", D(0), D(0)))
        money[paid_in] = money.get(paid_in, F(0)) - sign * F(amount)
        money["USD"] -= sign * (F(line.value) - F(of_value))
        assert amount == amount.quantize(D("0.01"))
        if amount:
            assert abs(amount * RATES[paid_in] - of_value) <= RATES[paid_in] * D("0.005")
            assert paid_in == QUOTED[line.symbol]
    assert {c: v for c, v in money.items() if v or c == "USD"} == {
        c: F(v) for c, v in plan.cash_of_after.items() if v or c == "USD"
    }
    rates = {"USD": F(1)} | {c: F(r) for c, r in RATES.items()}
    assert F(plan.cash_after) == sum(v * rates[c] for c, v in money.items())
    assert F(plan.value_before) == F(plan.value_after) + F(plan.cost) + F(plan.rounded)
    # Each currency ends at its floor, the buffer stays, and no more is turned over than may be.
    for code, left in plan.cash_of_after.items():
        if code != "USD":
            assert abs(left - market.floors.get(code, D(0))) * RATES[code] < D("0.02")
    if any(x.side == "BUY" and not x.symbol.startswith("CASH") for x in plan.lines):
        slack = sum(RATES.values()) * D("0.02") + D("0.02")
        stays = sum(v * RATES[c] for c, v in market.floors.items())
        assert plan.cash_after - stays >= D(str(knobs.cash_buffer)) * plan.value_before - slack
    if not plan.lines:
        return
    try:
        made = ticket(plan)
    except InputError as error:
        assert "come to nothing together" in str(error)
        return
    assert from_document(to_document(made)) == made
    assert len({x.symbol for x in made.lines}) == len(made.lines)
    after = account(held, cash, foreign)
    ENTRIES["ticket"].apply(after, planned_fills(made).payload(), "Entry")
    assert {s: F(q) for s, q in after.held.items() if q} == {s: q for s, q in units.items() if q}
    now = {"USD": after.cash, **after.foreign}
    assert {c: F(v) for c, v in now.items() if v} == {c: v for c, v in money.items() if v}


def test_what_nobody_changes_is_left_out_of_the_plan() -> None:
    """A currency without a rate is in no sum."""
    market = replace(MARKET, rates={}, pairs={}, settles={})
    plan = trade_plan({}, D(5000), {"CASH": 1.0}, market, params(), {"EUR": D(3000)})
    assert (plan.value_before, plan.cash_of_after) == (5000, {"USD": 5000})
    assert not plan.lines
