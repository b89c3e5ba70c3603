"""Exchanges as instruments name them, the orders that follow, and what cannot be routed."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import simplefix
from ticket_examples import example

from engine.core.errors import InputError
from engine.trading.exports import export
from engine.trading.exports.exchanges import EXCHANGES, broker_symbol, exchange_of
from engine.trading.tickets.ticket import Ticket, TicketLine, checksum_of


def share(symbol: str, currency: str, exchange: str = "", quoted: str = "") -> Ticket:
    """A ticket of one share."""
    ticket = example()
    line: TicketLine = replace(
        ticket.lines[0], symbol=symbol, asset=symbol, market_symbol=symbol, currency=currency,
        exchange=exchange, quoted=quoted, notional=False,
    )  # fmt: skip
    made = replace(ticket, lines=(line,))
    return replace(made, checksum=checksum_of(made))


def basket(ticket: Ticket) -> tuple[str, ...]:
    (row,) = csv.DictReader(io.StringIO(export(ticket, "ibkr").data.decode(), newline=""))
    return tuple(row[k] for k in ("Symbol", "SecType", "Exchange", "Currency"))


def order(ticket: Ticket) -> dict[int, str]:
    parser = simplefix.FixParser()
    parser.append_buffer(export(ticket, "fix").data)
    return {int(tag): value.decode() for tag, value in parser.get_message().pairs}


@pytest.mark.parametrize(
    ("symbol", "currency", "exchange", "wanted", "fix"),
    [
        ("AZN.L", "GBP", "XLON", ("AZN", "STK", "LSE", "GBP"), "L"),
        ("AZN", "GBP", "London Stock  Exchange", ("AZN", "STK", "LSE", "GBP"), "L"),
        ("BT-A.L", "GBP", "LSE", ("BT.A", "STK", "LSE", "GBP"), "L"),
        ("SAP.DE", "EUR", "XETRA", ("SAP", "STK", "IBIS", "EUR"), "DE"),
        ("7203.T", "JPY", "Tokyo", ("7203", "STK", "TSEJ", "JPY"), "T"),
        ("VOLV-B.ST", "SEK", "XSTO", ("VOLV.B", "STK", "SFB", "SEK"), "ST"),
        ("BRK-B", "USD", "NYSE", ("BRK B", "STK", "SMART", "USD"), None),
        ("BRK.B", "USD", "US", ("BRK B", "STK", "SMART", "USD"), None),
        ("0700.HK", "HKD", "hkex", ("0700", "STK", "SEHK", "HKD"), "HK"),
    ],
)  # fmt: skip
def test_the_exchange_gives_routing_and_symbol(
    symbol: str, currency: str, exchange: str, wanted: tuple[str, ...], fix: str | None
) -> None:
    ticket = share(symbol, currency, exchange)
    assert basket(ticket) == wanted
    sent = order(ticket)
    assert (sent.get(207), sent[15]) == (fix, currency)
    assert sent[55] == wanted[0].replace(" ", ".")


def test_without_an_exchange_the_suffix_says_it_or_dollars() -> None:
    assert basket(share("AZN.L", "GBP")) == ("AZN", "STK", "LSE", "GBP")
    assert basket(share("MSFT", "USD")) == ("MSFT", "STK", "SMART", "USD")
    assert 207 not in order(share("MSFT", "USD"))
    assert basket(share("ABC.T", "USD"))[2] == "SMART"  # no Tokyo share, as it is in dollars


@pytest.mark.parametrize(
    ("symbol", "currency", "exchange", "told"),
    [
        ("AZN", "GBP", "", "AZN has no exchange, and is quoted in GBP"),
        ("AZN", "GBP", "SIM-A", "AZN is of the exchange 'SIM-A', which is not known here"),
        ("AZN", "JPY", "XLON", "AZN is quoted in JPY, which XLON does not trade"),
        ("NPN.JO", "ZAR", "JSE", "which Interactive Brokers does not trade"),
    ],
)
def test_what_cannot_be_routed_is_refused_by_name(
    symbol: str, currency: str, exchange: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        export(share(symbol, currency, exchange), "ibkr")


def test_hundredths_are_said_and_orders_are_in_the_whole() -> None:
    sent = order(share("AZN.L", "GBP", "XLON", "GBp"))
    assert sent[15] == "GBP"
    assert sent[58].endswith("quoted in GBp")


def test_no_name_means_two_exchanges() -> None:
    seen: dict[str, str] = {}
    for one in EXCHANGES:
        for name in {one.mic.lower(), one.ib.lower(), *one.names} - {"", "smart"}:
            assert seen.setdefault(name, one.mic) == one.mic, name
    suffixes = [one.suffix for one in EXCHANGES if one.suffix]
    assert len(set(suffixes)) == len(suffixes)
    found = exchange_of("nasdaq", "X", "USD")
    assert not isinstance(found, str)
    assert broker_symbol("BF-B", found) == "BF B"
    assert broker_symbol("BF-B", found, ".") == "BF.B"


def test_quantities_of_adjusted_closes_need_a_word() -> None:
    ticket = example()
    with pytest.raises(InputError, match=r"quantities of AAPL are of adjusted closes.*--adjusted"):
        export(ticket, "fix")
    assert export(ticket, "fix", adjusted=True).data
    assert export(ticket, "fix", ("AAPL",)).data  # left out, there is nothing to say
    assert export(ticket, "csv").data
