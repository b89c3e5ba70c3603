"""Fills: what was really done, in the market's terms, and every wrong row named."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from decimal import Decimal as D
from typing import Any

import pytest
from ticket_examples import BRK, YEN, Trade, example, plan_of, ticket_of

from engine.core.errors import InputError
from engine.trading.exports.csv import SIZE_LIMIT
from engine.trading.exports.filled import planned_fills
from engine.trading.exports.fills import check_fills, read_fills
from engine.trading.money import DayRates
from engine.trading.state import state_at
from engine.trading.tickets.ticket import Ticket

DAY = dt.date(2022, 6, 30)

FULL = b"""Symbol,Side,Quantity,Price,Fee,Venue
AAPL,BUY,12.5,137.00,0.90,X
BRK.B,SELL,3,273.00,0.40,X
USDJPY,SELL,6600,151.50,0.70,X
EUR/USD,buy,2000,1.0512,,X
GBPUSD,SELL,150.25,1.2190,0.02,X
"""


@dataclass(frozen=True)
class Stated:
    """An entry of a ledger."""

    seq: int
    kind: str
    payload: dict[str, Any]
    effective_date: dt.date = DAY
    portfolio: str = "main"
    hash: str = ""


def row(symbol: str, side: str, quantity: object, price: object, fee: object = "") -> dict:
    return {"symbol": symbol, "side": side, "quantity": quantity, "price": price, "fee": fee}


def test_a_whole_ticket_filled_at_other_prices() -> None:
    found = read_fills(FULL, example())
    assert found.complete
    assert [(f.symbol, f.side, f.quantity) for f in found.fills] == [
        ("AAPL", "BUY", D("12.5")),
        ("BRK.B", "SELL", D(3)),
        ("USDJPY", "BUY", D("999900")),  # 6,600 USD at 151.50 JPY
        ("EURUSD", "BUY", D(2000)),
        ("EURGBP", "SELL", D("150.25")),
    ]
    # −1712.50 −0.90 +819.00 −0.40 −6600 −0.70 −2102.40 +183.15475 −0.02
    assert found.cash_moved == D("-9414.76525")
    assert [f.notional for f in found.fills] == [True, False, False, False, False]


def test_an_inverted_pair_moves_exactly_the_money_of_the_order() -> None:
    fill = check_fills(ticket_of(plan_of(YEN)), [row("USDJPY", "SELL", "6600", "151.53")]).fills[0]
    assert fill.value == D(6600)
    assert fill.quantity == D("1000098.00")
    assert abs(fill.quantity * fill.price - 6600) < D("1e-20")


def test_the_asset_by_its_own_name() -> None:
    """BUY JPY is in yen at dollars a yen, as the ledger has it."""
    found = check_fills(ticket_of(plan_of(YEN)), [row("JPY", "BUY", "250000", "0.0067")])
    assert (found.fills[0].quantity, found.fills[0].value) == (D(250000), D("1675"))
    assert [(x.market_symbol, x.market_side, x.left) for x in found.unfilled] == [
        ("USDJPY", "SELL", D(4950))
    ]


def test_partial_fills_add_up() -> None:
    ticket = ticket_of(plan_of(BRK, YEN))
    rows = [
        row("BRK.B", "SELL", 1, "273"),
        row("BRK.B", "SELL", D("0.5"), 273.25, 0.1),
        row("USDJPY", "SELL", "", "", ""),
        row("", "", None, float("nan"), ""),
    ]
    found = check_fills(ticket, rows)
    assert not found.complete
    assert [(x.symbol, x.left) for x in found.unfilled] == [
        ("BRK.B", D("1.5")),
        ("USDJPY", D(6600)),
    ]
    assert found.cash_moved == D("273") + D("136.625") - D("0.1")
    whole = check_fills(ticket, [*rows, row("BRK.B", "SELL", "1.5", "273")])
    assert [x.symbol for x in whole.unfilled] == ["USDJPY"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (row("KO", "BUY", 1, 60), r"row 2 \(KO\): the symbol is not on ticket T"),
        (row("", "BUY", 1, 60), r"row 2 \(no symbol\): the symbol is not on"),
        (row("BRKB", "SELL", 1, 273), r"row 2 \(BRKB\): the symbol is not on"),
        (row("AAPL", "SELL", 1, 137), r"row 2 \(AAPL\): the side is SELL, but the ticket has BUY"),
        (row("USDJPY", "BUY", 1, 151), r"the side is BUY, but the ticket has SELL USDJPY"),
        (row("AAPL", "", 1, 137), "the side is missing"),
        (row("AAPL", "BUY", "12.6", 137), r"12\.6 filled in all is more than the 12\.5 ordered"),
        (row("BRK.B", "SELL", "2.0001", 273), r"3\.0001 filled in all is more than the 3 ordered"),
        (row("AAPL", "BUY", -1, 137), "the quantity is -1, below 0"),
        (row("AAPL", "BUY", "ten", 137), "the quantity is 'ten', no plain number"),
        (row("AAPL", "BUY", "1e99999", 137), "no plain number"),
        (row("AAPL", "BUY", float("inf"), 137), "no plain number"),
        (row("AAPL", "BUY", 1, ""), "the price is missing"),
        (row("AAPL", "BUY", 1, 0), "the price is 0"),
        (row("AAPL", "BUY", 1, 137, -1), "the fee is -1, below 0"),
        (row("AAPL", "BUY", 1, 1370), "the price 1370 is far from the ticket's 136.72"),
        (row("USDJPY", "SELL", 6600, "0.0066"), r"far from the ticket's 151\.515"),
        (row("AAPL", "BUY", "1.12345678901234567", "137.12345678901234567"), "over 30 digits"),
    ],
)
def test_a_wrong_row_is_named(given: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        check_fills(example(), [row("BRK.B", "SELL", 1, 273), given])
    assert str(caught.value).startswith("Fill row 2 ")


def test_orders_and_assets_fill_the_same_line() -> None:
    ticket = ticket_of(plan_of(YEN))
    rows = [row("USDJPY", "SELL", 3300, "151.5"), row("JPY", "BUY", 500_000, "0.0066")]
    assert check_fills(ticket, rows).complete
    with pytest.raises(InputError, match="row 3"):
        check_fills(ticket, [*rows, row("USDJPY", "SELL", "0.01", "151.5")])


def test_any_price_may_stand_if_asked_for() -> None:
    found = check_fills(example(), [row("AAPL", "BUY", 1, 1370)], any_price=True)
    assert found.fills[0].price == D(1370)


def test_nothing_filled_is_no_acceptance() -> None:
    with pytest.raises(InputError, match="cancel the ticket"):
        check_fills(example(), [row("AAPL", "BUY", 0, "")])


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "is empty"),
        (b"symbol,side,quantity,price\n", "no rows"),
        (b"symbol,side,quantity\nAAPL,BUY,1\n", "no column price"),
        (b"symbol,side,quantity,price\nAAPL,BUY,1\n", "data row 1, has 3 cells"),
        (b"\xff", "no UTF-8"),
        (b"x" * (SIZE_LIMIT + 1), "larger than"),
    ],
)
def test_a_file_that_does_not_read(data: bytes, part: str) -> None:
    with pytest.raises(InputError, match=part):
        read_fills(data, example())


def test_as_planned() -> None:
    ticket = example()
    found = planned_fills(ticket)
    assert found.complete
    assert found.cash_moved == ticket.cash_after - ticket.cash_before
    payload = found.payload()
    assert payload["fills"][2] == {
        "symbol": "USDJPY", "side": "BUY", "quantity": "1000000", "price": "0.0066",
        "fee": "0.66", "value": "6600", "notional": False,
    }  # fmt: skip


def test_a_symbol_that_looks_like_a_formula_in_the_file() -> None:
    ticket = ticket_of(plan_of(Trade("=HYPER()", "BUY", D(1), D(2), D(2), D(0))))
    data = b"symbol,side,quantity,price\n'=HYPER(),BUY,1,2\n"
    assert read_fills(data, ticket).fills[0].symbol == "=HYPER()"


@pytest.mark.parametrize("rate", ["152.03", "151.5", "150.97"])
@pytest.mark.parametrize("cents", [("6600.00",), ("0.01", "2199.98", "4400.01")])
def test_a_full_exit_of_an_inverted_pair_sells_all_that_is_held(
    rate: str, cents: tuple[str, ...]
) -> None:
    """6,600.00 USD at 152.03 are 1,003,398 JPY, where 1,000,000 are held."""
    exit_ = replace(YEN, side="SELL", reason="full exit")
    ticket = ticket_of(plan_of(exit_))
    found = check_fills(ticket, [row("USDJPY", "BUY", c, rate) for c in cents])
    assert found.complete
    assert sum(f.quantity for f in found.fills) == D(1_000_000)
    assert sum(f.value for f in found.fills) == D(6600)
    assert all(abs(f.quantity * f.price - f.value) < D("1e-12") for f in found.fills)
    create = Stated(1, "create", {"base_currency": "USD"})
    holds = {"symbol": "USDJPY", "quantity": "1000000"}
    stated = Stated(2, "holdings", {"positions": [holds]})
    done = Stated(3, "ticket", json.loads(json.dumps(found.payload())))
    state = state_at((create, stated, done), DAY)
    assert (state.positions, state.cash) == ((), D(6600))


def test_a_part_of_an_exit_and_any_other_sale_keep_their_rate() -> None:
    full = ticket_of(plan_of(replace(YEN, side="SELL", reason="full exit")))
    part = check_fills(full, [row("USDJPY", "BUY", "6599.99", "151")])
    assert part.fills[0].quantity == D("6599.99") * 151
    mixed = check_fills(
        full, [row("JPY", "SELL", "250000", "0.0066"), row("USDJPY", "BUY", "4950", "152")]
    )
    assert [f.quantity for f in mixed.fills] == [D(250000), D(750000)]
    sale = ticket_of(plan_of(replace(YEN, side="SELL")))
    assert check_fills(sale, [row("USDJPY", "BUY", "6600", "151")]).fills[0].quantity == D(996600)


@pytest.mark.parametrize("name", ["quantity", "price", "fee"])
def test_no_amount_of_a_fill_is_below_zero(name: str) -> None:
    """Not by a hair, and not where any price may stand."""
    given = {**row("AAPL", "BUY", 1, 137, 1), name: "-0.000001"}
    for any_price in (False, True):
        with pytest.raises(InputError, match=rf"row 1 \(AAPL\): the {name} is .*, below 0"):
            check_fills(example(), [given], any_price)


def one_line(quantity: D, price: D) -> Ticket:
    """A ticket that buys a share which is quoted in another currency."""
    return ticket_of(plan_of(Trade("VOD", "BUY", quantity, price, quantity * price, D(0))))


RATES = DayRates("USD", dt.date(2022, 6, 30), lambda: {"EUR": D("1.10"), "GBP": D("1.2")})


def with_columns(columns: str, cells: str) -> bytes:
    """The whole file of fills with further columns, the same in each row."""
    lines = FULL.decode().splitlines()
    return "\n".join([f"{lines[0]},{columns}", *(f"{x},{cells}" for x in lines[1:])]).encode()


@pytest.mark.parametrize(
    ("columns", "cells", "told"),
    [
        (
            "Currency",
            "CHF",
            r"the price is in CHF \(column currency\), and no rate of it to USD",
        ),
        ("fee_currency", "CHF", r"the fee is in CHF \(column fee_currency\), and no rate"),
        ("CommissionCurrency", "JPY", r"the fee is in JPY \(column fee_currency\), and no rate"),
        ("currency", "gbp", r"the price is in gbp .*: gbp is no currency code: write GBP, or GBX"),
        ("currency,price_ccy", "EUR,GBP", "the price is in two currencies, EUR .*, GBP .*: keep"),
        (
            "currency,fx_rate",
            "EUR,0.9",
            r"the price: fx_rate 0.9 is far from the 1\.1 USD that one EUR was",
        ),
        ("currency,fx_rate", "EUR,0", "fx_rate is 0: a rate is above 0"),
    ],
)
def test_money_without_a_rate_is_refused(columns: str, cells: str, told: str) -> None:
    with pytest.raises(InputError, match=rf"Fill row 1 \(AAPL\): {told}"):
        read_fills(with_columns(columns, cells), example(), True, RATES)


@pytest.mark.parametrize("same", ["USD", "", "  "])
def test_base_currency_is_taken_as_it_is(same: str) -> None:
    found = read_fills(with_columns("currency,fee_currency", f"{same},{same}"), example())
    assert found == read_fills(FULL, example())


def test_money_in_another_currency_is_converted_on_record() -> None:
    """23 × 180 EUR and a fee of 5 EUR at 1.10 are 4,559.50 USD; they were booked as 4,145."""
    ticket = one_line(D(23), D(198))
    data = b"symbol,side,quantity,price,currency,fee,fee_currency\nVOD,BUY,23,180,EUR,5,EUR\n"
    found = read_fills(data, ticket, rates=RATES)
    (fill,) = found.fills
    assert found.cash_moved == D("-4559.50")
    assert (fill.price, fill.value, fill.fee) == (D(198), D(4554), D("5.5"))
    record = {"currency": "EUR", "amount_in_currency": "180", "fx_rate": "1.1"}
    assert fill.stated == {"price": record, "fee": record | {"amount_in_currency": "5"}}
    assert found.payload()["fills"][0]["stated"] == fill.stated
    own = data.replace(b"fee_currency", b"fee_currency,fx_rate").replace(b"5,EUR", b"5,EUR,1.2")
    assert read_fills(own, ticket).cash_moved == D("-4974.00")  # a rate of its own needs no other
    par = data.replace(b"fee_currency", b"fee_currency,fx_rate").replace(b"5,EUR", b"5,EUR,1")
    assert read_fills(par, ticket).fills[0].stated["price"]["fx_rate"] == "1"
    pence = data.replace(b"180,EUR", b"15000,GBp").replace(b"5,EUR", b"250,GBX")
    assert read_fills(pence, ticket, rates=RATES).cash_moved == D("-4143")


def test_a_row_s_rate_is_of_the_price_s_currency() -> None:
    """A fee in pounds beside a price in euro is not taken at the euro's rate."""
    ticket = one_line(D(23), D(198))
    data = (
        b"symbol,side,quantity,price,currency,fx_rate,fee,fee_currency\n"
        b"VOD,BUY,23,180,EUR,1.1,5,GBP\n"
    )
    assert read_fills(data, ticket, rates=RATES).fills[0].fee == 6
    with pytest.raises(InputError, match=r"the fee is in GBP \(column fee_currency\), and no rate"):
        read_fills(data, ticket)
    alone = data.replace(b",EUR,1.1,5,GBP", b",,1.2,5,GBP")
    assert read_fills(alone, ticket).fills[0].fee == 6


def test_the_price_is_compared_in_base_currency() -> None:
    ticket = one_line(D(23), D(198))
    row = {"symbol": "VOD", "side": "BUY", "quantity": 23, "price": 18000, "currency": "EUR"}
    with pytest.raises(InputError, match="far from the ticket's 198"):
        check_fills(ticket, [row], rates=RATES)


def test_fills_as_brokers_write_them() -> None:
    """BOT and SLD, a signed commission, executions that come twice, semicolons."""
    ticket = example()
    data = (
        b"Action;Ticker;Qty;Price;Commission;ExecID\n"
        b"BOT;AAPL;7.5;137;-1.00;a.1\nBOT;AAPL;5;136;-0.50;a.2\nBOT;AAPL;7.5;137;-1.00;a.1\n"
        b"SLD;BRK.B;-3;273;0;b.1\n"
    )
    found = read_fills(data, ticket)
    assert [(f.symbol, f.side, f.quantity, f.fee, f.execution) for f in found.fills] == [
        ("AAPL", "BUY", D("7.5"), D("1"), "a.1"),
        ("AAPL", "BUY", D(5), D("0.5"), "a.2"),
        ("BRK.B", "SELL", D(3), D(0), "b.1"),
    ]
    assert found.payload()["fills"][0]["execution_id"] == "a.1"
    signed = b"Symbol,Quantity,T. Price,Comm/Fee\nAAPL,12.5,137,1\nBRK.B,-3,273,1\n"
    assert [(f.side, f.quantity) for f in read_fills(signed, ticket).fills] == [
        ("BUY", D("12.5")), ("SELL", D(3)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"symbol,side,quantity,price,exec_id\nAAPL,BUY,1,137,x\nAAPL,BUY,2,137,x\n",
         "Fill row 2: the execution x is there twice, and otherwise in row 1"),
        (b"symbol,side,quantity,price,fee\nAAPL,BUY,1,137,1\nAAPL,BUY,1,137,-1\n",
         "above 0 in some rows and below it in others"),
        (b"symbol,side,qty,shares,price\nAAPL,BUY,1,1,137\n",
         "two columns for the quantity: keep qty or shares"),
        (b"symbol,quantity,price\nAAPL,1,137\n", "no column side"),
        (b"symbol,side,quantity,price\nAAPL,BOT,-1,137\n", "the quantity is -1, below 0"),
        (b"symbol,side,quantity,price\nAAPL,SLD,1,137\n", "is SELL, but the ticket has BUY"),
    ],
)  # fmt: skip
def test_what_brokers_write_that_cannot_be(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_fills(data, example())


def test_a_pair_s_rate_may_say_either_of_its_currencies() -> None:
    given = [
        {**row("USDJPY", "SELL", 6600, "151.5"), "currency": "JPY"},
        {**row("EUR/USD", "BUY", 2000, "1.0512"), "currency": "EUR"},
        {**row("GBPUSD", "SELL", "150.25", "1.2190"), "currency": "USD"},
    ]
    assert len(check_fills(example(), given).fills) == 3
    with pytest.raises(InputError, match="the price is in CHF"):
        check_fills(example(), [given[0] | {"currency": "CHF"}])
    # By its own name a currency is priced in base currency.
    with pytest.raises(InputError, match="the price is in JPY"):
        check_fills(example(), [{**row("JPY", "BUY", 999900, "0.0066"), "currency": "JPY"}])
