"""The ticket: currencies as market pairs, exact decimals, checksum, refusals by name."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ticket_examples import (
    AAPL,
    BRK,
    EUR,
    INSTRUMENTS,
    POUND,
    UNTRADED,
    YEN,
    Plan,
    Trade,
    example,
    plan_of,
    ticket_of,
)

from engine.core.amounts import exact_text, parse_amount
from engine.core.canonical import TICKET_1
from engine.core.errors import InputError
from engine.trading.market_pair import market_pair
from engine.trading.tickets.build import build_ticket
from engine.trading.tickets.document import differences, from_document
from engine.trading.tickets.ticket import (
    Untraded,
    checksum_of,
    to_document,
)
from engine.trading.tradable import refusals


# How the interbank market quotes each: EBS and Reuters' own lists of pairs.
@pytest.mark.parametrize(
    ("asset", "money", "symbol", "inverted"),
    [
        ("JPY", "USD", "USDJPY", True),
        ("EUR", "USD", "EURUSD", False),
        ("GBP", "USD", "GBPUSD", False),
        ("GBP", "EUR", "EURGBP", True),
        ("USD", "EUR", "EURUSD", True),
        ("AUD", "NZD", "AUDNZD", False),
        ("NZD", "USD", "NZDUSD", False),
        ("CAD", "USD", "USDCAD", True),
        ("CHF", "USD", "USDCHF", True),
        ("CHF", "JPY", "CHFJPY", False),
        ("SEK", "JPY", "SEKJPY", False),
        ("KRW", "USD", "USDKRW", True),
        ("HUF", "EUR", "EURHUF", True),
        ("XAU", "USD", "XAUUSD", False),
    ],
)
def test_the_market_has_one_way_to_quote(
    asset: str, money: str, symbol: str, inverted: bool
) -> None:
    pair = market_pair(asset, money)
    assert (pair.symbol, pair.inverted) == (symbol, inverted)
    assert pair.side("BUY") == ("SELL" if inverted else "BUY")
    assert pair.side("SELL") == ("BUY" if inverted else "SELL")
    assert market_pair(money, asset).symbol == symbol


def test_long_yen_is_a_sale_of_dollars() -> None:
    line = ticket_of(plan_of(YEN)).lines[0]
    assert (line.symbol, line.asset, line.side, line.quantity) == (
        "USDJPY", "JPY", "BUY", D(1000000)
    )  # fmt: skip
    assert (line.market_symbol, line.market_side, line.market_quantity) == (
        "USDJPY", "SELL", D("6600.00")
    )  # fmt: skip
    assert line.currency == "JPY"
    assert line.inverted


def test_other_currencies_in_units_of_the_pairs_base() -> None:
    euro, pound = ticket_of(plan_of(EUR, POUND)).lines
    assert (euro.market_symbol, euro.market_side, euro.market_quantity, euro.currency) == (
        "EURUSD", "BUY", D(2000), "USD"
    )  # fmt: skip
    # Stored as EURGBP, but sold for dollars.
    assert (pound.market_symbol, pound.market_side, pound.market_quantity, pound.currency) == (
        "GBPUSD", "SELL", D("150.25"), "USD"
    )  # fmt: skip


def test_in_euro_the_dollar_is_sold_by_buying_euro() -> None:
    trade = Trade("EURUSD", "SELL", D("1050"), D("0.952"), D("999.60"), D(0))
    instruments = {"EURUSD": dataclasses.replace(INSTRUMENTS["EURUSD"], asset="USD")}
    ticket = ticket_of(plan_of(POUND))
    assert refusals(plan_of(trade), instruments, "USD") == (("EURUSD", "is the base currency"),)
    built = build_ticket(
        plan_of(trade), instruments, portfolio="p", universe="u", created_at=ticket.created_at,
        by="", run_id="", snapshot_id="", as_of=ticket.as_of, base_currency="EUR", ledger_head="",
    )  # fmt: skip
    line = built.lines[0]
    assert (line.market_symbol, line.market_side, line.market_quantity, line.currency) == (
        "EURUSD", "BUY", D("999.60"), "USD"
    )  # fmt: skip


def test_an_order_in_money_is_in_cents() -> None:
    """No market takes thousandths of a cent; the ledger keeps the exact amounts."""
    trade = dataclasses.replace(YEN, quantity=D("1000001"), value=D("6600.0066"))
    line = ticket_of(plan_of(trade)).lines[0]
    assert line.market_quantity == D("6600.01")
    assert line.value == D("6600.0066")


def test_what_is_not_tradable_is_refused_by_name() -> None:
    plan = plan_of(
        AAPL,
        Trade("^GSPC", "BUY", D(1), D(1), D(1), D(0)),
        Trade("VIX", "BUY", D(1), D(1), D(1), D(0)),
        Trade("KO", "BUY", D(1), D(1), D(1), D(0)),
        Trade("EURUSD", "BUY", D(1), None, D(1), D(0)),
    )
    with pytest.raises(InputError) as caught:
        ticket_of(plan)
    text = str(caught.value)
    for part in (
        "^GSPC is a benchmark",
        "VIX is of the class index, which is not traded",
        "KO is not in the universe",
        "EURUSD has no price",
    ):
        assert part in text
    assert "AAPL" not in text
    assert [s for s, _ in refusals(plan, INSTRUMENTS, "USD")] == ["^GSPC", "VIX", "KO", "EURUSD"]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"side": "HOLD"}, "'HOLD' is neither BUY nor SELL"),
        ({"quantity": D(0)}, "are no trade"),
        ({"value": D("0.004")}, "are no trade"),
        ({"cost": D("-1")}, "are no trade"),
        ({"price": D("NaN")}, "AAPL has no price"),
    ],
)
def test_a_line_that_is_no_trade(change: dict[str, object], part: str) -> None:
    trade = dataclasses.replace(AAPL, **change)
    plan = Plan((trade,), D(0), -trade.value - trade.cost, trade.cost)
    with pytest.raises(InputError, match=part):
        ticket_of(plan)


def test_cash_that_does_not_reconcile_to_the_cent() -> None:
    right = plan_of(AAPL)
    assert right.cash_after == D("98290.15")  # 100000 − 1709.00 − 0.85
    ticket_of(right)
    with pytest.raises(InputError, match=r"leave 98290\.15, not 98290\.16"):
        ticket_of(dataclasses.replace(right, cash_after=D("98290.16")))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InputError, match="no time zone"):
        ticket_of(plan_of(AAPL), created_at=dt.datetime(2022, 6, 30))


def test_round_trip_is_exact() -> None:
    ticket = example()
    assert from_document(to_document(ticket)) == ticket
    assert [(u.symbol, u.reason) for u in ticket.untraded] == list(UNTRADED)
    empty = ticket_of(plan_of(), drift_before=None)
    assert from_document(to_document(empty)) == empty


def test_checksum_covers_everything_but_the_state() -> None:
    ticket = example()
    assert ticket.intact
    assert ticket.in_state("APPROVED").intact
    other = {
        "portfolio": "x", "universe": "x", "by": "x", "run_id": "x", "snapshot_id": "x",
        "base_currency": "EUR", "ledger_head": "x", "store_head": "x", "ticket_id": "T1",
        "created_at": ticket.created_at + dt.timedelta(microseconds=1),
        "as_of": dt.date(2022, 7, 1), "lines": ticket.lines[:-1], "untraded": (),
        "cash_before": D(1), "cash_after": D(1), "estimated_cost": D(1),
        "drift_before": D(1), "drift_left": None, "cash_in_before": "x", "cash_in_after": "x",
    }  # fmt: skip
    names = {f.name for f in dataclasses.fields(ticket)} - {"state", "checksum"}
    assert set(other) == names
    for name, value in other.items():
        assert not dataclasses.replace(ticket, **{name: value}).intact, name
    line = ticket.lines[0]
    for f in dataclasses.fields(line):
        old = getattr(line, f.name)
        new = (not old) if isinstance(old, bool) else old + (D(1) if isinstance(old, D) else "x")
        lines = (dataclasses.replace(line, **{f.name: new}), *ticket.lines[1:])
        assert not dataclasses.replace(ticket, lines=lines).intact, f.name


def test_the_checksum_is_of_the_numbers_not_of_how_they_are_written() -> None:
    one = ticket_of(plan_of(AAPL, cash=D("100000.00")))
    two = ticket_of(plan_of(dataclasses.replace(AAPL, quantity=D("12.500")), cash=D("1E5")))
    assert one == two
    assert one.checksum == two.checksum == checksum_of(two)
    assert one.ticket_id == two.ticket_id


def test_a_ticket_is_named_by_its_content() -> None:
    assert example().ticket_id == example().ticket_id
    assert example().ticket_id != ticket_of(plan_of(AAPL)).ticket_id
    assert ticket_of(plan_of(AAPL), ticket_id="T7").ticket_id == "T7"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"cash_after": "NaN"}, "cash_after is 'NaN', no plain number"),
        ({"cash_after": "1e999999"}, "no plain number"),
        ({"cash_after": 1.5}, "cash_after is 1.5, not text"),
        ({"as_of": "30.06.2022"}, "as_of is '30.06.2022', no date"),
        ({"created_at": "2022-06-30T14:05:06"}, "without its zone"),
        ({"state": "DONE"}, "none of PROPOSED"),
        ({"ticket_id": "../x"}, "cannot be the id"),
        ({"lines": {}}, "lines are no list"),
        ({"lines": ["x"]}, "lines, number 1, is no list of named values"),
        ({"extra": "x"}, "unknown field 'extra'"),
        ({"by": "eve"}, "checksum does not fit"),
    ],
)
def test_a_document_that_does_not_read(change: dict[str, object], part: str) -> None:
    with pytest.raises(InputError, match=part):
        from_document(to_document(example()) | change)


def test_a_document_without_a_field() -> None:
    document = to_document(example())
    del document["ledger_head"]
    with pytest.raises(InputError, match="has no ledger_head"):
        from_document(document)


def test_differences_name_line_and_field() -> None:
    ticket = example()
    assert differences(ticket, ticket.in_state("APPROVED")) == ()
    line = dataclasses.replace(ticket.lines[0], quantity=D(13))
    changed = dataclasses.replace(ticket, by="", lines=(line, *ticket.lines[2:]))
    assert differences(ticket, changed) == (
        "by anna became nothing",
        "line AAPL: quantity 12.5 became 13",
        "line BRK.B is missing",
    )
    turned = dataclasses.replace(ticket, lines=ticket.lines[::-1])
    assert differences(ticket, turned) == ("the lines are in another order",)
    assert differences(dataclasses.replace(ticket, lines=()), ticket)[0] == "line AAPL was added"


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-1e15, max_value=1e15)
)
def test_amounts_come_back_exactly(value: D) -> None:
    text = exact_text(value)
    assert "E" not in text.upper()
    assert parse_amount(text, "x") == value
    assert exact_text(parse_amount(text, "x")) == text


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999", "٣", "1,5", "", "0x1", "1_000", True]
)
def test_texts_that_are_no_amount(value: object) -> None:
    with pytest.raises(InputError, match=r"^The fee is"):
        parse_amount(value, "The fee")


def test_amounts_of_many_digits_are_not_written_out() -> None:
    assert exact_text(D("1.50E+3")) == "1500"
    assert exact_text(D("-0.00")) == "0"
    with pytest.raises(InputError):
        exact_text(D("1E+999999"))


def test_canonical_text_is_fixed() -> None:
    """Written once by hand: a change would break every checksum on record."""
    assert TICKET_1.text({"b": ["1.5", None], "a": "é"}) == '{"a":"é","b":["1.5",null]}'


def test_a_ticket_is_of_the_moment_and_not_of_its_zone() -> None:
    """14:05 in London is 16:05 in Berlin, and one ticket; it is written in UTC."""
    at = dt.datetime(2022, 6, 30, 16, 5, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    one, two = (ticket_of(plan_of(AAPL), created_at=t) for t in (at, at.astimezone(dt.UTC)))
    assert one == two
    assert one.created_at.tzinfo is dt.UTC
    assert to_document(one)["created_at"] == "2022-06-30T14:05:00+00:00"
    assert to_document(dataclasses.replace(one, created_at=at)) == to_document(one)
    # As a file may have it; in whatever zone, it is the ticket that was written.
    assert from_document({**to_document(one), "created_at": at.isoformat()}).intact


@pytest.mark.parametrize("off", ["0.01", "-0.01", "5", "-5"])
def test_cash_that_is_off_by_a_cent_either_way_is_refused(off: str) -> None:
    right = plan_of(AAPL, BRK)
    with pytest.raises(InputError, match="The cash does not reconcile"):
        ticket_of(dataclasses.replace(right, cash_after=right.cash_after + D(off)))
    less = D(off) / abs(D(off)) * D("0.009999")  # of less than a cent no bank knows
    assert ticket_of(dataclasses.replace(right, cash_after=right.cash_after + less)).intact


def test_costs_count_in_what_is_left() -> None:
    with pytest.raises(InputError, match="The cash does not reconcile"):
        ticket_of(Plan((AAPL,), D(2000), D(2000) - AAPL.value, AAPL.cost))


def test_a_cent_is_a_trade_and_no_cost_is_a_cost() -> None:
    trade = dataclasses.replace(AAPL, value=D("0.01"), cost=D(0))
    assert ticket_of(plan_of(trade)).lines[0].value == D("0.01")
    for value in ("0.0099", "-5"):
        plan = Plan((dataclasses.replace(trade, value=D(value)),), D(0), -D(value), D(0))
        with pytest.raises(InputError, match="are no trade"):
            ticket_of(plan)


def test_what_a_ticket_says_is_what_was_planned() -> None:
    voda = Trade("VOD", "SELL", D(100), D("1.3"), D(130), D("0.05"))
    coin = Trade("BTC-USD", "BUY", D("0.5"), D(20000), D(10000), D("15.00"))
    plan = plan_of(AAPL, voda, coin, Trade("<b>X</b>", "BUY", D(1), D(2), D(2), D(0)))
    ticket = ticket_of(plan)
    assert (ticket.cash_before, ticket.cash_after) == (D(100000), plan.cash_after)
    assert ticket.estimated_cost == D("15.90")
    assert ticket.state == "PROPOSED"
    assert [(x.symbol, x.currency, x.notional) for x in ticket.lines] == [
        ("AAPL", "USD", True), ("VOD", "GBP", False), ("BTC-USD", "USD", False),
        ("<b>X</b>", "USD", False),  # its own is not known: it is traded in the base currency
    ]  # fmt: skip
    for line, trade in zip(ticket.lines, plan.lines, strict=True):
        assert (line.side, line.quantity, line.price, line.value, line.cost, line.reason) == (
            trade.side, trade.quantity, trade.price, trade.value, trade.cost, trade.reason,
        )  # fmt: skip
        assert (line.market_side, line.market_quantity) == (line.side, line.quantity)
        assert not line.is_currency


def test_what_is_a_currency_and_which_are_quoted_the_other_way_round() -> None:
    # The euro as its own asset and symbol: it is a currency all the same.
    lines = ticket_of(plan_of(YEN, EUR, POUND, AAPL)).lines
    assert [x.is_currency for x in lines] == [True, True, True, False]
    assert [x.inverted for x in lines] == [True, False, False, False]


@dataclasses.dataclass(frozen=True)
class Weighed(Plan):
    """A plan that knows its drift, and names what it left in records."""

    drift_before: float = 0.123456789
    drift_after: float = 0.0123456789


def test_drift_is_the_plans_own_unless_it_is_given() -> None:
    plain = plan_of(AAPL)
    plan = Weighed(plain.lines, plain.cash_before, plain.cash_after, plain.cost)
    own = ticket_of(plan, drift_before=None, drift_left=None)
    assert (own.drift_before, own.drift_left) == (D("0.123457"), D("0.012346"))
    given = ticket_of(plan, drift_before=D("0.5"), drift_left=D("0.25"))
    assert (given.drift_before, given.drift_left) == (D("0.5"), D("0.25"))
    none = ticket_of(plain, drift_before=None, drift_left=None)
    assert (none.drift_before, none.drift_left) == (None, None)


def test_what_was_left_is_read_from_records_and_from_pairs() -> None:
    records = (Untraded("KO", "inside its band"), ("PG", "no price"))
    ticket = ticket_of(plan_of(AAPL, untraded=records))  # type: ignore[arg-type]
    assert ticket.untraded == (Untraded("KO", "inside its band"), Untraded("PG", "no price"))


def test_the_checksum_is_what_anyone_can_recompute() -> None:
    """SHA-256 over the format's name and all that is said, as JSON; the id is from the same."""
    ticket = example()
    document = {k: v for k, v in to_document(ticket).items() if k not in ("state", "checksum")}

    def digest(said: dict[str, object]) -> str:
        text = json.dumps(
            ["cutline ticket 1", said], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(text.encode()).hexdigest()

    assert ticket.checksum == digest(document)
    assert ticket.ticket_id == "T" + digest({**document, "ticket_id": ""})[:12]
    with pytest.raises(ValueError, match="not JSON compliant"):
        TICKET_1.text(float("nan"))


def test_a_ticket_is_in_one_of_its_states() -> None:
    for state in ("PROPOSED", "APPROVED", "IMPLEMENTED", "CANCELLED", "EXPIRED"):
        assert example().in_state(state).state == state
    for wrong in ("approved", "DONE", ""):
        with pytest.raises(InputError, match="is no state of a ticket: PROPOSED, APPROVED"):
            example().in_state(wrong)
