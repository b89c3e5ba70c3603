"""The walk of `docs/uk-book.md`, made with the program and held to the figures on the page."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal as D
from typing import Any

import pytest
import simplefix
from uk_book import FILLS, HELD, PAGE, TARGET, files

from engine.cli.main import main
from engine.desk import Desk
from engine.params import Params

OPTIONS = [
    "--profile", "equal_weight", "--classes", "equity",
    *(f"--set={k}={v}" for k, v in TARGET.items()),
]  # fmt: skip


def number(text: str) -> D:
    return D(text.replace(",", "").replace("−", "-").strip("* "))


def table(heading: str) -> list[list[str]]:
    """Cells of the first table below a heading."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command said, in order."""
    folder = tmp_path_factory.mktemp("uk")
    prices, instruments = files(folder)
    (folder / "held.csv").write_text(HELD)
    (folder / "fills.csv").write_text(FILLS)
    db, said = folder / "x.duckdb", {}

    def run(name: str, *args: str) -> None:
        out = folder / f"{name}.json"
        with pytest.MonkeyPatch.context() as patch:
            text = io.StringIO()
            patch.setattr("sys.stdout", text)
            assert main([*args, "--db", str(db), "--json"]) == 0, name
        out.write_text(text.getvalue())
        said[name] = json.loads(text.getvalue())

    run("ingest", "ingest", "--prices", str(prices), "--instruments", str(instruments),
        "--universe", "uk")  # fmt: skip
    run("held", "portfolio", "create", "book", "--base", "GBP", "--file", str(folder / "held.csv"))
    run("ticket", "ticket", "--portfolio", "book", *OPTIONS)
    run("approve", "approve")
    run("accept", "accept", "--fills", str(folder / "fills.csv"))
    run("drift", "drift", "--portfolio", "book", *OPTIONS)
    return said | {"desk": Desk(db)}


def test_what_is_held(walked: dict[str, Any]) -> None:
    held = walked["held"]
    worth = {row[0]: number(row[-1]) for row in table("What is held")}
    by = {x["symbol"]: x for x in held["lines"]}
    for symbol in ("AZN", "BARC", "SAP"):
        value = D(by[symbol]["quantity"]) * D(by[symbol]["price"])
        assert value.quantize(D("0.01")) == worth[symbol]
    assert D(held["value"]).quantize(D("0.01")) == worth["**value**"] == number("27,253.58")
    assert D(held["cash"]).quantize(D("0.01")) == number("10,181.58")
    assert held["cash_by_currency"] == {"GBP": "5000", "EUR": "3000", "JPY": "500000"}
    for code, name in (("EUR", "cash of EUR"), ("JPY", "cash of JPY")):
        assert by[f"CASH {code}"]["held"] == pytest.approx(
            float(worth[name] / worth["**value**"]), abs=1e-6
        )


def test_the_ticket(walked: dict[str, Any]) -> None:
    found = [
        (f"{x['market_side']} {D(x['market_quantity']):,f} {x['market_symbol']}",
         D(x["value"]).quantize(D("0.01")), D(x["cost"]))
        for x in walked["ticket"]["lines"]
    ]  # fmt: skip
    wanted = [(row[0], number(row[2]), number(row[3].split(":")[1])) for row in table("The ticket")]
    assert sorted(found) == sorted(wanted)
    assert walked["ticket"]["cash_by_currency"] == {"GBP": "3.07", "EUR": "0", "JPY": "0"}
    assert "= 3.07. Euros and yen end at 0." in PAGE
    paid = {x["symbol"]: x.get("settled_amount") for x in walked["ticket"]["lines"]}
    assert (paid["SAP"], paid["TYO"], paid["AZN"]) == ("6300", "1293000", None)


def test_the_fills(walked: dict[str, Any]) -> None:
    wanted = {row[0]: number(row[-1]) for row in table("The fills")}
    found = {c: D(v) for c, v in walked["accept"]["cash_by_currency"].items()}
    assert found == wanted
    assert D(walked["accept"]["cash"]).quantize(D("0.01")) == number("−48.53")
    again = walked["desk"].portfolios.plan(
        walked["desk"].portfolios.drift("book", _params()),
    )
    bought = {x.symbol: x.quantity for x in again.lines if x.symbol.startswith("CASH")}
    assert bought["CASH EUR"] >= D("39.00")
    assert bought["CASH JPY"] >= D("6497.64")


def _params() -> Params:
    return Params().with_settings({"trade.no_trade_band": 0.2, "trade.relative_band": 9.0,
                                   "trade.whole_exits": False})  # fmt: skip


def test_the_drift(walked: dict[str, Any]) -> None:
    part = PAGE.split("## Drift\n")[1].split("\n## ")[0].replace("\n", " ")
    by = {x["symbol"]: x for x in walked["drift"]["lines"]}
    for symbol in ("AZN", "BARC", "SAP", "TYO"):
        value = D(by[symbol]["quantity"]) * D(by[symbol]["price"])
        told = re.search(rf"{symbol} [^=]*= ([0-9,.]+[0-9])", part)
        assert told is not None
        assert value.quantize(D("0.01")) == number(told[1])
    assert D(walked["drift"]["value"]).quantize(D("0.01")) == number("27,195.82")
    assert "with cash, before any of it is rounded, 27,195.82" in part


def test_the_order_files(walked: dict[str, Any]) -> None:
    book, name = walked["desk"].portfolios, walked["ticket"]["ticket_id"]
    rows = csv.DictReader(io.StringIO(book.export(name, "ibkr").decode(), newline=""))
    routed = {(r["Symbol"], r["Exchange"], r["Currency"]) for r in rows}
    wanted = table("Order files")
    assert routed == {(row[1], row[2], row[3]) for row in wanted}
    parser, sent = simplefix.FixParser(), {}
    parser.append_buffer(book.export(name, "fix"))
    while (found := parser.get_message()) is not None:
        sent[found.get(55).decode()] = (found.get(207) or b"").decode(), found.get(58).decode()
    for row in wanted[:4]:
        exchange, _, quoted = row[4].partition(", 58: ")
        assert sent[row[1]][0] == exchange
        assert sent[row[1]][1].endswith(quoted)
    for kind in ("csv", "json"):
        assert book.reimport(book.export(name, kind), kind).ticket_id == name
