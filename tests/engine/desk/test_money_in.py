"""Money in other currencies, from files and options to the ledger: it stays in its currency, or it
was changed at a rate that is on record."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hand_made import fx, instrument_frame, price_frame, walk, weekday_index

from engine.cli.main import main
from engine.core.errors import InputError
from engine.desk import Desk, read_holdings
from engine.market.valuation import base_of
from engine.params import Params
from engine.trading.entries import ENTRIES

N = 320


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shares in USD, GBp and JPY; EURUSD at 1.10, USDJPY at 150, GBPUSD at 1.25 at the end."""
    folder = tmp_path_factory.mktemp("money")
    days = weekday_index(N)
    closes = {name: walk(i, N) for i, name in enumerate(("AAA", "BBB", "LON", "TYO"))}
    rates = {"EURUSD": 1.10, "USDJPY": 150.0, "GBPUSD": 1.25}
    for i, (name, last) in enumerate(rates.items(), start=9):
        path = walk(i, N, 0.004)
        closes[name] = path * last / path[-1]
    frame = pd.DataFrame(closes, index=days)
    frame["LON"] *= 100.0
    table = instrument_frame(
        AAA={}, BBB={}, LON={"currency": "GBp"}, TYO={"currency": "JPY"},
        **{name: fx() for name in rates},
    )  # fmt: skip
    price_frame(frame).drop(columns=["adj_close", "volume"]).to_csv(folder / "own.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    Desk(folder / "x.duckdb").ingest(folder / "own.csv", folder / "instruments.csv")
    return folder / "x.duckdb"


@pytest.fixture
def desk(db: Path, tmp_path: Path) -> Desk:
    (tmp_path / "x.duckdb").write_bytes(db.read_bytes())
    return Desk(tmp_path / "x.duckdb")


def cash(desk: Desk, name: str = "main") -> Decimal:
    """Of all currencies, in the base currency, to the cent."""
    return desk.portfolios.cash(name, desk.portfolios.state(name)).quantize(Decimal("0.01"))


def money(desk: Desk, name: str = "main") -> dict[str, Decimal]:
    """By currency."""
    return desk.portfolios.state(name).cash_by_currency


def test_a_file_of_holdings_with_cash_in_yen(desk: Desk) -> None:
    """A million yen at 150 are 6,666.67 dollars; it was taken as a million."""
    data = b"symbol,quantity,currency\nAAA,100,USD\nCASH,1000000,JPY\nCASH,1000,USD\nCASH,10,EUR\n"
    rows, stated = read_holdings(data)
    desk.portfolios.create("main", "own", "USD", rows=rows, cash=stated)
    assert cash(desk) == Decimal("6666.67") + 1000 + 11
    assert money(desk) == {"USD": 1000, "EUR": 10, "JPY": 1000000}
    payload = desk.portfolios.entries("main")[1].payload
    assert (payload["cash"], payload["cash_by_currency"]) == (
        "1000",
        {"EUR": "10", "JPY": "1000000"},
    )
    desk.portfolios.hold("main", [("AAA", "100")], "5")
    assert money(desk) == {"USD": 5}  # cash that is stated is all there is
    desk.portfolios.undo("main", 3)
    assert money(desk) == {"USD": 1000, "EUR": 10, "JPY": 1000000}


def test_cash_with_a_rate_of_its_own_was_changed_at_it(desk: Desk) -> None:
    _, stated = read_holdings(b"symbol,quantity,currency,fx_rate\nCASH,1000000,JPY,0.0067\n")
    desk.portfolios.create("main", "own", "USD", cash=stated)
    assert money(desk) == {"USD": 6700}
    (row,) = desk.portfolios.entries("main")[1].payload["cash_stated"]
    assert (row["currency"], row["fx_rate"]) == ("JPY", "0.0067")


def test_a_file_of_cash_alone_keeps_its_currency(desk: Desk) -> None:
    """It opens with what is held, as a file with shares does; the rate was lost."""
    _, stated = read_holdings(b"symbol,quantity,currency\nCASH,3000,JPY\n")
    desk.portfolios.create("main", "own", "USD", cash=stated)
    _, opening = desk.portfolios.entries("main")
    assert (opening.kind, cash(desk), money(desk)["JPY"]) == ("holdings", 20, 3000)


@pytest.mark.parametrize(
    "rows", ["CASH,1,\ncash,2,", "CASH,1,\nCASH,2,USD", "CASH,1,JPY\nCASH,2,JPY"]
)
def test_cash_of_one_currency_is_in_one_row(desk: Desk, rows: str) -> None:
    _, stated = read_holdings(f"symbol,quantity,currency\n{rows}\n".encode())
    with pytest.raises(InputError, match=r"^Holdings row 2.* is there twice: keep one row"):
        desk.portfolios.create("main", "own", "USD", cash=stated)


def test_the_rate_of_the_day_is_that_day_s(desk: Desk) -> None:
    desk.portfolios.create("main", "own", "USD", cash="0")
    grid = desk.open("own").grid
    day = grid.days[-40].astype(object)
    euro = float(grid.close[-40, grid.symbols.index("EURUSD")])
    desk.portfolios.record("main", "cash", {"amount": "1000", "currency": "EUR"}, day)
    then = desk.portfolios.state("main", day)
    assert float(desk.portfolios.cash("main", then)) == pytest.approx(1000 * euro, abs=0.006)
    assert cash(desk) == 1100


@pytest.mark.parametrize(
    ("kind", "given", "sign"),
    [("cash", {}, 1), ("fee", {"reason": "custody"}, -1), ("dividend", {"symbol": "AAA"}, 1)],
)
def test_entries_in_their_own_currency(desk: Desk, kind: str, given: dict, sign: int) -> None:
    desk.portfolios.create("main", "own", "USD", rows=[("AAA", "5")], cash="100")
    book = desk.portfolios
    entry = book.record("main", kind, given | {"amount": "10", "currency": "EUR"})
    assert cash(desk) == 100 + sign * 11
    assert (entry.payload["amount"], entry.payload["currency"]) == ("10", "EUR")
    told = {"cash": "10 EUR in", "fee": "10 EUR, custody", "dividend": "AAA 10 EUR"}
    assert book_words(entry) == told[kind]
    book.record("main", kind, given | {"amount": "5", "currency": "EUR", "fx_rate": "1.2"})
    assert cash(desk) == 100 + sign * (11 + 6)
    pence = book.record("main", kind, given | {"amount": "200", "currency": "GBX"})
    assert cash(desk) == 100 + sign * (11 + 6 + Decimal("2.5"))
    assert "200 GBX = 2 GBP" in book_words(pence)
    assert money(desk) == {"USD": 100 + sign * 6, "EUR": sign * 10, "GBP": sign * 2}
    book.undo("main", pence.seq)
    assert money(desk) == {"USD": 100 + sign * 6, "EUR": sign * 10}
    book.record("main", kind, given | {"amount": "200", "currency": "GBX"})
    for other, told in (
        ({"currency": "CHF"}, "is in CHF, and no rate of it to USD is known on"),
        ({"currency": "gbp"}, "gbp is no currency code"),
        ({"currency": "EUR", "fx_rate": "0.9"}, "far from the 1.1 USD"),
        ({"fx_rate": "1.1"}, "a rate and no currency"),
    ):
        with pytest.raises(InputError, match=told):
            book.record("main", kind, given | {"amount": "10"} | other)
    same = book.record("main", kind, given | {"amount": "1", "currency": "USD"})
    assert "currency" not in same.payload


def book_words(entry: object) -> str:
    return ENTRIES[entry.kind].words(entry.payload)


def test_by_command(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db, held = str(desk.store.path), tmp_path / "held.csv"
    held.write_text("symbol,quantity,currency,fx_rate\nAAA,100,USD,\nCASH,1000000,JPY,0.0067\n")

    def run(*args: str) -> tuple[int, dict, str]:
        code = main([*args, "--db", db, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if code == 0 else {}, err

    code, made, _ = run("portfolio", "create", "main", "--file", str(held))
    assert (code, made["cash"]) == (0, "6700")
    code, made, _ = run(
        "portfolio", "cash", "main", "--amount", "100", "--currency", "EUR", "--fx-rate", "1.1"
    )
    assert (code, made["cash"]) == (0, "6810")
    code, made, _ = run("portfolio", "cash", "main", "--amount", "100", "--currency", "EUR")
    assert (code, made["cash"]) == (0, "6920")
    assert made["cash_by_currency"] == {"USD": "6810", "EUR": "100"}
    assert made["held_volatility"] > 0
    assert {"CASH EUR", "CASH"} < {line["symbol"] for line in made["lines"]}
    code, made, _ = run("portfolio", "correction", "main", "--cash=-40", "--currency", "EUR",
                        "--reason", "typed twice")  # fmt: skip
    assert made["cash_by_currency"] == {"USD": "6810", "EUR": "60"}
    code, _, said = run("portfolio", "cash", "main", "--amount", "5", "--symbol", "AAA",
                        "--ratio", "2")  # fmt: skip
    assert code == 2
    assert "`portfolio cash` does not use --ratio, --symbol" in said
    code, _, said = run("portfolio", "show", "main", "--currency", "EUR")
    assert (code, "does not use --currency" in said) == (2, True)


def test_a_trade_in_pence_is_worth_a_hundredth(desk: Desk) -> None:
    opened = desk.open("own")
    close = float(opened.grid.close[-1, opened.grid.symbols.index("LON")])
    desk.portfolios.create("main", "own", "USD", rows=[("LON", "100")], cash="1")
    view = desk.portfolios.drift("main", Params())
    assert float(view.valued.values["LON"]) == pytest.approx(close / 100 * 100 * 1.25, rel=1e-9)
    assert np.isfinite(close)
    assert view.as_of <= dt.date.max


def test_flows_are_not_prices(desk: Desk) -> None:
    """30,000 into 70,000 read "price 31 %" and URGENT at every month end since."""
    book, grid = desk.portfolios, desk.open("own").grid
    start, later = (grid.days[-k].astype(object) for k in (60, 50))
    book.create("main", "own", "USD", effective_date=start, cash="20000", rows=[("AAA", "500")])
    before = book.history("main", Params())
    assert (before["flows"] == 0).all()
    book.move_cash("main", "300000", later)
    past = book.history("main", Params())
    flowed = past["date"] >= later
    assert (past["flows"][flowed] > 0.3).all()
    assert (past["flows"][~flowed] == 0).all()
    for name in ("turnover", "largest", "status"):
        assert list(past[name]) == list(before[name])
    assert (past["value"] - before["value"])[flowed].to_numpy() == pytest.approx(300000)
    view = book.drift("main", Params())
    by = {c.symbol: c for c in view.causes}
    assert by["CASH"].flows < -0.3
    untouched = {c.symbol: c for c in _without_deposit(desk, view.as_of)}
    for symbol, cause in by.items():
        assert cause.price == pytest.approx(untouched[symbol].price, abs=1e-11)


def _without_deposit(desk: Desk, day: dt.date) -> tuple:
    entries = desk.portfolios.entries("main")[:-1]
    return desk.portfolios.view_of(entries, Params().with_settings({"data.as_of": day})).causes


def test_an_equal_entry_needs_a_word(desk: Desk) -> None:
    book = desk.portfolios
    book.create("main", "own", "USD", rows=[("AAA", "5")], cash="100")
    book.move_cash("main", "10")
    with pytest.raises(InputError, match=r"An equal cash of .* is on record, entry 3 of main"):
        book.move_cash("main", "10")
    assert cash(desk) == 110
    book.move_cash("main", "11")
    book.record("main", "cash", {"amount": "10"}, again=True)
    assert cash(desk) == 131
    # What was taken back does not stand.
    book.undo("main", 5)
    book.record("main", "cash", {"amount": "12"})
    book.undo("main", 7)
    book.record("main", "cash", {"amount": "12"})


def test_a_dividend_by_the_unit_of_what_was_held_then(desk: Desk) -> None:
    """Sold since, and it earns it all the same."""
    book, days = desk.portfolios, [d.astype(object) for d in desk.open("own").grid.days]
    first, ex, pay = days[-30], days[-20], days[-10]
    book.create("main", "own", "USD", effective_date=first, rows=[("AAA", "40"), ("BBB", "1")])
    book.hold("main", [("AAA", "10"), ("BBB", "1")], "0", ex)
    given = {"symbol": "AAA", "per_unit": "0.25"}
    entry = book.record("main", "dividend", given | {"ex_date": ex.isoformat()}, pay)
    assert (entry.payload["amount"], entry.payload["of_units"]) == ("10", "40")
    assert cash(desk) == 10
    book.record("main", "dividend", given, pay)
    assert cash(desk) == Decimal("12.5")  # of the ten that are held as that day begins
    euro = book.record("main", "dividend", given | {"currency": "EUR", "fx_rate": "1.1"}, days[-1])
    assert (euro.payload["amount"], euro.payload["amount_in_currency"]) == ("2.75", "2.5")
    book.hold("main", [("BBB", "1")], None, days[-5])
    late = given | {"symbol": "AAA", "ex_date": days[-8].isoformat()}
    book.record("main", "dividend", late, days[-1])
    for other, told in (
        ({"ex_date": days[-2].isoformat()}, "AAA is not held in main as its ex-date"),
        ({"ex_date": "soon"}, "no date"),
        ({"ex_date": "2099-01-01"}, "is after"),
        ({"amount": "5"}, "as a whole and by the unit"),
        ({"per_unit": "-1"}, "it must be above 0"),
        ({"symbol": "LON"}, "LON is not held in main"),
    ):
        with pytest.raises(InputError, match=told):
            book.record("main", "dividend", late | other, days[-1])


def test_a_weekend_and_cash_below_zero_are_said(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    db = ["--db", str(desk.store.path)]
    assert main(["portfolio", "create", "main", "--hold", "AAA=5", "--cash", "10", *db]) == 0
    day = desk.open("own").grid.days[-3].astype(object)
    saturday = day + dt.timedelta(days=5 - day.weekday())
    if saturday > desk.open("own").grid.days[-1].astype(object):
        saturday -= dt.timedelta(days=7)
    capsys.readouterr()
    on = ["--on", saturday.isoformat()]
    assert main(["portfolio", "cash", "main", "--amount", "-25", *on, *db]) == 0
    said = capsys.readouterr().out
    assert "is a Saturday: most markets do not trade then." in said
    assert f"The cash of main is -25 USD on {saturday}, below 0." in said


def test_a_list_holds_without_a_portfolio(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.csv").write_text("BBB\n")
    lists = ["--restricted", str(tmp_path / "list.csv")]
    ask = ["ticket", "--notional", "100000", "--json", "--db", str(desk.store.path)]

    def bought(*more: str) -> set[str]:
        assert main([*ask, *more]) == 0
        return {line["symbol"] for line in json.loads(capsys.readouterr().out)["lines"]}

    whole = bought()
    assert "BBB" in whole
    assert "BBB" not in bought(*lists)


def test_a_list_of_what_is_not_traded(desk: Desk, tmp_path: Path) -> None:
    book = desk.portfolios
    book.create("main", "own", "USD", cash="100000")
    limits = Params().with_settings({"limits.asset_cap": 1.0, "limits.cluster_cap": 1.0,
                                     "limits.group_cap": 1.0})  # fmt: skip
    view = book.drift("main", limits)
    whole = {line.symbol for line in book.plan(view).lines}
    gone = min(whole)
    wide = book.plan(view, restricted=[gone, "XOM"])
    assert gone not in {line.symbol for line in wide.lines}
    assert "Of the restricted list 2 names, 1 are not in the universe: XOM." in wide.notes
    wrong = dataclasses.replace(limits.trade, do_not_buy=("AAAA",))
    with pytest.raises(InputError, match=r"'AAAA' on the list 'do not buy' .*did you mean AAA"):
        book.plan(view, wrong)
    assert "did you mean AAA?" in " ".join(book.plan(view, wrong, strict=False).notes)
    file = tmp_path / "restricted.csv"
    file.write_text(f"{gone}\nXOM\n")
    db = ["--db", str(desk.store.path)]
    caps = [f"--set=limits.{name}=1" for name in ("asset_cap", "cluster_cap", "group_cap")]
    assert main(["ticket", "--restricted", str(file), *caps, *db]) == 0
    (stored,) = book.tickets("main")
    assert gone not in {line["symbol"] for line in stored.document["ticket"]["lines"]}
    assert any("XOM" in note for note in stored.document["notes"])
    assert main(["ticket", "--set", "trade.restricted=AAAA", *caps, *db]) == 2


LONDON = {
    "AAA": {"currency": "GBp"}, "BBB": {"currency": "GBX"}, "CCC": {"currency": "GBP"},
}  # fmt: skip


def own_universe(folder: Path, described: dict[str, dict[str, str]]) -> Desk:
    days = weekday_index(N)
    frame = pd.DataFrame({name: walk(i, N) for i, name in enumerate(described)}, index=days)
    price_frame(frame).drop(columns=["adj_close", "volume"]).to_csv(folder / "own.csv", index=False)
    instrument_frame(**described).to_csv(folder / "instruments.csv", index=False)
    desk = Desk(folder / "x.duckdb")
    desk.ingest(folder / "own.csv", folder / "instruments.csv")
    return desk


def test_shares_of_london_alone_are_in_pounds(tmp_path: Path) -> None:
    """Without an option, and in the same portfolio by whatever way it is asked for."""
    desk = own_universe(tmp_path, LONDON)
    run = desk.save_run("own", Params())
    assert run.result["base_currency"] == "GBP"
    assert (run.preset, run.params["data"]["base_currency"]) == ("roadmap", None)
    named = Params().with_settings({"data.base_currency": "GBP"})
    assert desk.save_run("own", named).run_id == run.run_id
    assert desk.audit_run().audit.passed
    info = desk.portfolios.create("main", "own", cash="1000")
    assert info.base_currency == "GBP"
    desk.portfolios.propose("main", Params().with_settings({"trade.lots": "fractional"}))
    with pytest.raises(InputError, match=r"No asset is left .* in USD"):
        desk.save_run("own", Params().with_settings({"data.base_currency": "USD"}))


@pytest.mark.parametrize(
    ("codes", "base"),
    [
        (("USD", "USD"), "USD"), (("JPY", "JPY"), "JPY"), (("EUR", "USD"), "USD"),
        (("", "EUR"), "EUR"), (("", ""), "USD"), (("GBp", "ZAc"), "USD"), (("gbp", "EUR"), "EUR"),
        (("USDT", "USD"), "USD"),
    ],
)  # fmt: skip
def test_the_base_currency_is_the_one_that_all_share(codes: tuple[str, str], base: str) -> None:
    table = instrument_frame(
        A={"currency": codes[0]}, B={"currency": codes[1]}, EURUSD=fx(),
        INDEX={"currency": "CHF", "role": "benchmark"},
    )  # fmt: skip
    assert base_of(None, table) == base
    assert base_of("CAD", table) == "CAD"


def test_what_has_no_rate_is_said_first(tmp_path: Path) -> None:
    described = {f"U{i}": {} for i in range(8)} | {
        "T1": {"currency": "JPY", "asset_class": "bond"}, "T2": {"currency": "JPY",
                                                                "asset_class": "bond"},
    }  # fmt: skip
    desk = own_universe(tmp_path, described)
    run = desk.save_run("own", Params())
    assert run.result["notes"][0].startswith("2 instruments of 10 out, all of bond, as no pair ")
    assert "JPY" in run.result["notes"][0]
