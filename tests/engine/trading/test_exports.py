"""Ticket files, read back by readers that are not ours: pandas, json, simplefix, html.parser."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import random
from decimal import Decimal as D
from html.parser import HTMLParser

import pandas as pd
import pytest
import simplefix
from hypothesis import given
from hypothesis import strategies as st
from ticket_examples import AAPL, YEN, Trade, example, plan_of, ticket_of

from engine.core.errors import InputError
from engine.trading.exports import KINDS, export, refusals_of
from engine.trading.exports.csv import COLUMNS, neutral, plain_cell, write_csv
from engine.trading.exports.fix import message, write_fix
from engine.trading.exports.json import write_json
from engine.trading.exports.reimport import SIZE_LIMIT, reimport
from engine.trading.tickets.ticket import Ticket, checksum_of

FORMULA = tuple("=+-@\t\r")


def nasty() -> Ticket:
    """Names and reasons that attack a spreadsheet, a page, or a reader of CSV."""
    return ticket_of(
        plan_of(
            Trade("=HYPER()", "BUY", D("1"), D("2"), D("2"), D("0"), '-1+1|cmd"/c", x\r\n=2'),
            Trade("<b>X</b>", "SELL", D("1"), D("2"), D("2"), D("0"), "<script>alert(1)</script>"),
            cash=D("-5.10"),
            untraded=(("'quoted", "'=1"), ("＝full", "\tTab"), ("", "")),
        ),
        portfolio="@sum", by="+anna", universe="'u",
    )  # fmt: skip


def many(n: int = 40) -> Ticket:
    """A ticket with seeded random amounts."""
    draw = random.Random(7)
    trades = []
    for number in range(n):
        quantity = D(draw.randrange(1, 10**9)).scaleb(-draw.randrange(0, 9))
        symbol = ("AAPL", "USDJPY", "EURUSD", "VOD", "BTC-USD")[number % 5]
        value = D(draw.randrange(1, 10**8)).scaleb(-2)
        trades.append(Trade(symbol, draw.choice(("BUY", "SELL")), quantity, D("1.25"), value, D(0)))
    return ticket_of(plan_of(*trades))


# CSV


def test_csv_read_by_pandas() -> None:
    ticket = example()
    table = pd.read_csv(io.BytesIO(write_csv(ticket)), dtype=str, keep_default_na=False)
    assert tuple(table.columns) == COLUMNS
    lines = table[table["record"] == "line"]
    assert list(lines["market_symbol"]) == ["AAPL", "BRK.B", "USDJPY", "EURUSD", "GBPUSD"]
    assert list(lines["market_side"]) == ["BUY", "SELL", "SELL", "BUY", "SELL"]
    assert [D(x) for x in lines["market_quantity"]] == [
        D("12.5"), D(3), D(6600), D(2000), D("150.25")
    ]  # fmt: skip
    assert [D(x) for x in lines["quantity"]] == [x.quantity for x in ticket.lines]
    assert list(table[table["record"] == "untraded"]["symbol"]) == ["KO", "PG"]
    head = table[table["record"] == "ticket"].set_index("field")["value_of_field"]
    assert head["checksum"] == ticket.checksum
    assert head["ledger_head"] == ticket.ledger_head
    assert D(head["cash_after"]) == ticket.cash_after


def test_no_cell_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(write_csv(nasty()).decode(), newline="")))
    cells = [cell for row in rows for cell in row]
    dangerous = [c for c in cells if c.startswith((*FORMULA, "\n", "＝"))]
    assert dangerous == ["-5.1", "-5.1"]  # cash before and after: numbers, and negative
    assert "'=HYPER()" in cells
    assert "'+anna" in cells


@given(st.text())
def test_neutral_text_comes_back(text: str) -> None:
    safe = neutral(text)
    assert not safe.startswith(FORMULA)
    assert plain_cell(safe) == text


# JSON


def test_json_read_by_json() -> None:
    ticket = example()
    found = json.loads(write_json(ticket))
    assert {"ticket_id", "checksum", "state", "lines", "estimated_cost"} <= set(found)
    assert found["lines"][2]["market_side"] == "SELL"
    assert found["lines"][0]["quantity"] == "12.5"
    assert found["checksum"] == checksum_of(ticket)


# Round trips


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize("make", [example, nasty, many], ids=lambda f: f.__name__)
def test_reimport_gives_the_same_ticket(kind: str, make: object) -> None:
    ticket = make().in_state("APPROVED")  # type: ignore[operator]
    again = reimport(export(ticket, kind).data, kind)
    assert again == ticket
    assert again.checksum == ticket.checksum
    assert reimport(export(ticket, kind).data, kind, original=make()) == ticket  # type: ignore[operator]


def test_reimport_of_a_ticket_without_trades() -> None:
    ticket = ticket_of(plan_of(), drift_left=None)
    for kind in ("csv", "json"):
        assert reimport(export(ticket, kind).data, kind) == ticket


def test_a_spreadsheet_may_rewrite_numbers_and_line_ends() -> None:
    ticket = example()
    data = write_csv(ticket).replace(b",12.5,", b",12.50,").replace(b"\r\n", b"\n")
    assert reimport(b"\xef\xbb\xbf" + data, "csv") == ticket


# What was altered is told


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def bytes_of(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def test_csv_every_altered_cell_is_found_and_its_record_named() -> None:
    rows = rows_of(write_csv(example()))
    header, tried = rows[0], 0
    for place, row in enumerate(rows[1:], start=1):
        for column, cell in enumerate(row):
            name = header[column]
            if not cell or name == "record":
                continue
            changed = [list(r) for r in rows]
            changed[place][column] = cell + "1"
            with pytest.raises(InputError) as caught:
                reimport(bytes_of(changed), "csv")
            text = str(caught.value)
            tried += 1
            if name not in ("number", "check", "field"):
                who = {"line": row[2], "untraded": row[2]}.get(row[0], row[-3])
                assert who in text, (name, text)
    assert tried > 100


def test_csv_rows_taken_out_put_in_or_moved() -> None:
    rows = rows_of(write_csv(example()))
    for place in range(1, len(rows)):
        with pytest.raises(InputError, match=r"missing|is not as exported|altered"):
            reimport(bytes_of(rows[:place] + rows[place + 1 :]), "csv")
        with pytest.raises(InputError, match=r"twice|too many|altered"):
            reimport(bytes_of([*rows[: place + 1], *rows[place:]]), "csv")
    with pytest.raises(InputError, match="line 2 is missing"):
        reimport(bytes_of(rows[:2] + rows[3:]), "csv")
    with pytest.raises(InputError, match="lines were reordered"):
        reimport(bytes_of([rows[0], rows[2], rows[1], *rows[3:]]), "csv")


def test_json_altered_line_is_named() -> None:
    whole = json.loads(write_json(example()))
    whole["lines"][1]["quantity"] = "4"
    with pytest.raises(InputError, match=r"line 2 \(BRK\.B\) is not as exported"):
        reimport(json.dumps(whole).encode(), "json")
    whole = json.loads(write_json(example()))
    del whole["lines"][1]
    with pytest.raises(InputError, match=r"altered: line 2 is missing"):
        reimport(json.dumps(whole).encode(), "json")
    whole = json.loads(write_json(example()))
    whole["portfolio"] = "other"
    with pytest.raises(InputError, match="altered: its portfolio"):
        reimport(json.dumps(whole).encode(), "json")
    whole = json.loads(write_json(example()))
    whole["lines"].append(whole["lines"][0])
    with pytest.raises(InputError, match=r"line 6 \(AAPL\) is not as exported"):
        reimport(json.dumps(whole).encode(), "json")


def test_against_the_ticket_on_record_the_field_is_named() -> None:
    ticket = example()
    whole = json.loads(write_json(ticket))
    whole["lines"][1]["quantity"] = "4"
    with pytest.raises(InputError, match=r"line BRK\.B: quantity 3 became 4"):
        reimport(json.dumps(whole).encode(), "json", original=ticket)
    # All checks made anew: only the record can tell.
    line = dataclasses.replace(ticket.lines[1], quantity=D(4))
    forged = dataclasses.replace(ticket, lines=(ticket.lines[0], line, *ticket.lines[2:]))
    forged = dataclasses.replace(forged, checksum=checksum_of(forged))
    for kind in ("csv", "json"):
        data = export(forged, kind).data
        assert reimport(data, kind) == forged
        with pytest.raises(InputError, match=r"line BRK\.B: quantity 3 became 4; export"):
            reimport(data, kind, original=ticket)


@pytest.mark.parametrize(
    ("data", "kind", "part"),
    [
        (b"", "csv", "is empty"),
        (b"a,b\n1,2\n", "csv", "no column record"),
        (b"a,b\n1\n", "csv", "data row 1, has 1 cells"),
        (b"a,A\n1,2\n", "csv", "column twice"),
        (b'a,"b\n', "csv", "no readable CSV"),
        (b"\xff\xfe", "csv", "no UTF-8"),
        (b"{", "json", "no readable JSON"),
        (b"[]", "json", "not of the format"),
        (b'{"format": "cutline ticket 1"}', "json", "checks are missing"),
        (b'{"a": 1, "a": 2}', "json", "in it twice"),
        (b"[" * 100_000, "json", "holds too much"),
        (b"1" * 10_000, "json", "holds too much"),
        (b"x" * (SIZE_LIMIT + 1), "csv", "larger than"),
        (b"x", "html", "not from 'html'"),
    ],
)
def test_files_that_are_no_tickets(data: bytes, kind: str, part: str) -> None:
    with pytest.raises(InputError, match=part):
        reimport(data, kind)


# Interactive Brokers


def test_ibkr_basket() -> None:
    data = export(example(), "ibkr", adjusted=True).data
    rows = list(csv.DictReader(io.StringIO(data.decode("ascii"), newline="")))
    keys = ("Action", "Quantity", "Symbol", "SecType", "Exchange", "Currency")
    assert [tuple(row[k] for k in keys) for row in rows] == [
        ("BUY", "12.5", "AAPL", "STK", "SMART", "USD"),
        ("SELL", "3", "BRK B", "STK", "SMART", "USD"),
        ("SELL", "6600", "USD", "CASH", "IDEALPRO", "JPY"),
        ("BUY", "2000", "EUR", "CASH", "IDEALPRO", "USD"),
        ("SELL", "150.25", "GBP", "CASH", "IDEALPRO", "USD"),
    ]
    assert {(r["OrderType"], r["TimeInForce"], r["BasketTag"]) for r in rows} == {
        ("MKT", "DAY", example().ticket_id)
    }


COIN = Trade("BTC-USD", "BUY", D("0.015"), D("20000"), D("300"), D("0.3"))
GOLD = Trade("GOLD", "BUY", D("1"), D("1800"), D("1800"), D("1"))
HOSTILE = Trade("=HYPER()", "BUY", D("1"), D("2"), D("2"), D("0"))


def test_orders_that_a_kind_cannot_carry_are_refused_by_name() -> None:
    ticket = ticket_of(plan_of(AAPL, COIN, GOLD, HOSTILE))
    with pytest.raises(InputError, match=r"BTC-USD is of the class crypto.*GOLD.*=HYPER\(\) has a"):
        export(ticket, "ibkr")
    assert [s for s, _ in refusals_of(ticket, "ibkr")] == ["BTC-USD", "GOLD", "=HYPER()"]
    assert [s for s, _ in refusals_of(ticket, "fix")] == ["GOLD", "=HYPER()"]
    assert refusals_of(ticket, "csv") == ()
    left = export(ticket, "ibkr", ("BTC-USD", "GOLD", "=HYPER()"), adjusted=True).data.decode()
    assert left.count("\r\n") == 2
    with pytest.raises(InputError, match="KO is to be left out, but is not on"):
        export(ticket, "fix", leave_out=("KO",))
    with pytest.raises(InputError, match="the whole ticket"):
        export(ticket, "csv", leave_out=("GOLD",))


# FIX 4.2


def parsed(data: bytes) -> list[simplefix.FixMessage]:
    parser = simplefix.FixParser()
    parser.append_buffer(data)
    out = []
    while (found := parser.get_message()) is not None:
        out.append(found)
    return out


def test_fix_read_by_simplefix() -> None:
    ticket = example()
    messages = parsed(export(ticket, "fix", adjusted=True).data)
    orders = [
        tuple(m.get(tag).decode() for tag in (55, 54, 38, 15, 167)) for m in messages
    ]  # fmt: skip
    assert orders == [
        ("AAPL", "1", "12.5", "USD", "CS"),
        ("BRK.B", "2", "3", "USD", "CS"),
        ("USD/JPY", "2", "6600", "USD", "FOR"),
        ("EUR/USD", "1", "2000", "EUR", "FOR"),
        ("GBP/USD", "2", "150.25", "GBP", "FOR"),
    ]
    required = (8, 9, 35, 49, 56, 34, 52, 11, 21, 55, 54, 60, 40, 10)
    for number, found in enumerate(messages, start=1):
        tags = [int(tag) for tag, _ in found.pairs]
        assert len(tags) == len(set(tags))
        assert set(required) <= set(tags)
        assert found.get(8) == b"FIX.4.2"
        assert found.get(35) == b"D"
        assert found.get(34) == str(number).encode()
        assert found.get(11) == f"{ticket.ticket_id}-{number}".encode()
        assert found.get(60) == b"20220630-14:05:06"
    assert messages[0].get(58) == f"ticket {ticket.checksum[:16]} notional quantity".encode()


def test_fix_length_and_checksum_are_those_of_simplefix() -> None:
    """simplefix makes tags 9 and 10 anew when it encodes what it has read."""
    for ticket in (example(), many()):
        data = write_fix(ticket)
        assert b"".join(found.encode() for found in parsed(data)) == data
        assert len(parsed(data)) == len(ticket.lines)


def test_fix_by_hand() -> None:
    """35=0|58=A|: 5 + 5 bytes; the sum of all bytes up to 10= is 8=FIX.4.2|9=10|35=0|58=A|."""
    data = message([(35, "0"), (58, "A")])
    assert data == b"8=FIX.4.2\x019=10\x0135=0\x0158=A\x0110=%03d\x01" % (
        sum(b"8=FIX.4.2\x019=10\x0135=0\x0158=A\x01") % 256
    )


def test_fix_session_and_left_out_lines() -> None:
    at = dt.datetime(2022, 7, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    messages = parsed(write_fix(example(), "DESK", "PRIME", at, leave_out=("AAPL",)))
    assert [m.get(34) for m in messages] == [b"1", b"2", b"3", b"4"]
    assert messages[0].get(11).endswith(b"-2")  # its place on the ticket
    assert (messages[0].get(49), messages[0].get(56)) == (b"DESK", b"PRIME")
    assert messages[0].get(52) == b"20220701-07:00:00"
    assert messages[0].get(60) == b"20220630-14:05:06"


def test_fix_lets_nobody_smuggle_a_field() -> None:
    with pytest.raises(InputError, match="FIX field 58"):
        message([(35, "D"), (58, "x\x0154=2")])
    with pytest.raises(InputError, match="sender"):
        write_fix(example(), sender="A\x0156=B")


# HTML


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_holds_the_ticket() -> None:
    ticket = example()
    page = Page(export(ticket, "html").data.decode())
    for text in (ticket.checksum, ticket.ledger_head, "USDJPY", "6600", "1000000", "12.5*", "KO"):
        assert text in page.texts
    assert page.tags.count("tr") == 2 + len(ticket.lines) + len(ticket.untraded)


def test_html_runs_and_loads_nothing() -> None:
    page = Page(export(nasty(), "html").data.decode())
    assert {"script", "b", "img", "link", "iframe"}.isdisjoint(page.tags)
    assert "<script>alert(1)</script>" in page.texts
    assert [k for k, _ in page.attributes if k.startswith("on") or k in ("src", "href")] == []
    assert any("default-src 'none'" in (v or "") for _, v in page.attributes)


# The door


def test_file_names_and_kinds() -> None:
    ticket = example()
    names = {export(ticket, kind, adjusted=True).name for kind in KINDS}
    assert names == {
        f"ticket-{ticket.ticket_id}{end}" for end in (".csv", ".json", "-ibkr.csv", ".fix", ".html")
    }
    with pytest.raises(InputError, match="'pdf' is no kind of file"):
        export(ticket, "pdf")
    with pytest.raises(InputError, match="checksum does not fit"):
        export(dataclasses.replace(ticket, by="eve"), "csv")


def test_exports_are_the_same_each_time() -> None:
    for kind in KINDS:
        first, again = (export(example(), kind, adjusted=True) for _ in range(2))
        assert first == again
    assert YEN.symbol in export(example(), "json").data.decode()
