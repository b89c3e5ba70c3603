"""A book of several currencies, from holdings to an accepted ticket; and what befalls holdings."""

from __future__ import annotations

import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hand_made import fx, instrument_frame, price_frame, walk, weekday_index

from engine.cli.main import main
from engine.core.errors import InputError
from engine.desk import Desk, read_holdings
from engine.params import Params
from engine.research.caps import caps, same_trades

N = 320
HELD = (
    b"symbol,quantity,currency\nAAA,100,USD\nTYO,20,JPY\nCASH,1000000,JPY\nCASH,50000,USD\n"
    b"CASH,10000,EUR\nCASH,-300,GBP\n"
)
CAPS = {"limits.asset_cap": 0.3, "limits.cluster_cap": 1.0, "limits.group_cap": 1.0}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    days = weekday_index(N)
    closes = {name: walk(i, N) for i, name in enumerate(("AAA", "BBB", "LON", "TYO", "SAP"))}
    rates = {"EURUSD": 1.10, "USDJPY": 150.0, "GBPUSD": 1.25}
    for i, (name, last) in enumerate(rates.items(), start=9):
        path = walk(i, N, 0.004)
        closes[name] = path * last / path[-1]
    frame = pd.DataFrame(closes, index=days)
    frame["LON"] *= 100.0
    table = instrument_frame(
        AAA={}, BBB={}, LON={"currency": "GBp"}, TYO={"currency": "JPY"}, SAP={"currency": "EUR"},
        **{name: fx() for name in rates},
    )  # fmt: skip
    price_frame(frame).drop(columns=["adj_close", "volume"]).to_csv(folder / "own.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    Desk(folder / "x.duckdb").ingest(folder / "own.csv", folder / "instruments.csv")
    return folder / "x.duckdb"


@pytest.fixture
def desk(loaded: Path, tmp_path: Path) -> Desk:
    (tmp_path / "x.duckdb").write_bytes(loaded.read_bytes())
    made = Desk(tmp_path / "x.duckdb")
    rows, money = read_holdings(HELD)
    made.portfolios.create("main", "own", "USD", rows=rows, cash=money)
    return made


def params(**more: Any) -> Params:
    return Params().with_settings(CAPS | {k.replace("__", "."): v for k, v in more.items()})


def test_cash_is_held_and_has_a_target_of_nothing(desk: Desk) -> None:
    view = desk.portfolios.drift("main", params())
    by = {line.symbol: line for line in view.drift.lines}
    assert by["CASH EUR"].held == pytest.approx(11000 / float(view.valued.value))
    assert by["CASH GBP"].held == pytest.approx(-375 / float(view.valued.value))
    assert {by[s].target for s in ("CASH EUR", "CASH GBP", "CASH JPY")} == {0.0}
    assert by["CASH EUR"].action == "cash"
    assert view.drift.lines[-1].symbol == "CASH"
    assert view.valued.cash == 50000 + 11000 - 375 + 1000000 * view.prices["CASH JPY"]
    group = {g.name: g.held for g in view.drift.by_class}
    assert group["fx"] == pytest.approx(sum(by[f"CASH {c}"].held for c in ("EUR", "GBP", "JPY")))


def test_cash_counts_in_the_risk_of_what_is_held(desk: Desk) -> None:
    """As the currency itself does: Σ of the pairs, by hand."""
    view = desk.portfolios.drift("main", params())
    inputs, weights = view.portfolio.inputs, view.valued.weights
    own = np.zeros(len(inputs.symbols))
    for symbol, of in (("AAA", "AAA"), ("TYO", "TYO"), ("CASH EUR", "EURUSD"),
                       ("CASH JPY", "USDJPY"), ("CASH GBP", "GBPUSD")):  # fmt: skip
        own[inputs.symbols.index(of)] += weights[symbol]
    assert view.held_risk.volatility == pytest.approx(np.sqrt(own @ inputs.covariance @ own))
    worst = np.sort(-(inputs.scenarios @ own))[::-1]
    mass = 0.05 * len(worst)
    k = int(mass)
    tail = (worst[:k].sum() + (mass - k) * worst[k]) / mass
    assert view.held_risk.cvar_95 == pytest.approx(tail)
    assert view.held_risk.unknown == ()


def test_floors_are_kept_within_the_budget_of_currencies(desk: Desk) -> None:
    free = desk.portfolios.drift("main", params(limits__fx_budget=0.25))
    kept = desk.portfolios.drift(
        "main", params(limits__fx_budget=0.25, drift__cash_floors="EUR:2000,JPY:100000")
    )
    pairs = ("EURUSD", "USDJPY", "GBPUSD")
    floors = kept.target["CASH EUR"] + kept.target["CASH JPY"]
    assert floors == pytest.approx((2200 + 100000 / 150) / float(kept.valued.value), rel=1e-6)
    assert sum(free.target.get(s, 0) for s in pairs) == pytest.approx(0.25, abs=1e-6)
    assert sum(kept.target.get(s, 0) for s in pairs) + floors == pytest.approx(0.25, abs=1e-6)
    assert sum(kept.target.values()) == pytest.approx(1)
    plan = desk.portfolios.plan(kept)
    assert (plan.cash_of_after["EUR"], plan.cash_of_after["JPY"]) == (2000, 100000)
    after = {c.name: c for c in caps(kept.portfolio, kept.valued.weights, plan.weights_after)
             if c.kind == "class"}["fx"]  # fmt: skip
    foreign = sum(w for s, w in plan.weights_after.items() if s in pairs or s.startswith("CASH "))
    assert after.after == pytest.approx(foreign)
    assert after.before == pytest.approx(
        sum(w for s, w in kept.valued.weights.items() if s.startswith("CASH "))
    )


def test_a_ticket_from_plan_to_ledger(desk: Desk, tmp_path: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """What the plan says is left of each currency is what the ledger has."""
    book, db = desk.portfolios, ["--db", str(desk.store.path), "--json"]
    sets = [f"--set={k}={v}" for k, v in CAPS.items()]
    plan = book.plan(book.drift("main", params()))
    assert main(["ticket", "--portfolio", "main", *sets, *db]) == 0
    made = json.loads(capsys.readouterr().out)
    assert {c: D(v) for c, v in made["cash_by_currency"].items()} == {
        c: v.quantize(D("0.01")) for c, v in plan.cash_of_after.items()
    }
    record = book.ticket(made["ticket_id"])
    assert same_trades(plan, record.ticket)
    symbols = [line["symbol"] for line in made["lines"]]
    assert len(set(symbols)) == len(symbols)
    assert {x["settled"] for x in made["lines"] if "settled" in x} == {"EUR", "GBP", "JPY"}
    assert main(["approve", made["ticket_id"], *db]) == 0
    for kind in ("csv", "json"):
        assert book.reimport(book.export(made["ticket_id"], kind), kind) == record.ticket.in_state(
            "APPROVED"
        )
    assert b"Cash after by currency" in book.export(made["ticket_id"], "html")
    capsys.readouterr()
    assert main(["accept", made["ticket_id"], *db]) == 0
    done = json.loads(capsys.readouterr().out)
    assert set(done["cash_by_currency"]) == {"USD"}
    state = book.state("main")
    assert state.cash_by_currency == {"USD": plan.cash_of_after["USD"]}
    assert book.drift("main", params()).drift.turnover < 0.01


def test_without_a_rate_cash_is_listed_and_in_no_sum(desk: Desk) -> None:
    book = desk.portfolios
    first = desk.open("own").grid.days[0].astype(object)
    with pytest.raises(InputError, match="in CHF, and no rate of it to USD is known"):
        book.record("main", "cash", {"amount": "5", "currency": "CHF"})
    assert book.entries("main")[0].effective_date == first


def test_what_befalls_holdings_by_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    db = ["--db", str(desk.store.path), "--json"]

    def run(*args: str) -> dict[str, Any]:
        assert main(["portfolio", *args, *db]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    made = desk.open("own").grid.days
    on = ["--on", str(made[-1])]
    rows = [("AAA", "100"), ("TYO", "20")]
    desk.portfolios.create("acts", "own", "USD", rows=rows, effective_date=made[-9].astype(object))
    run(
        "spin-off",
        "acts",
        "--symbol",
        "AAA",
        "--becomes",
        "BBB",
        "--ratio",
        "1:3",
        "--cash",
        "2",
        *on,
    )
    now = run("rename", "acts", "--symbol", "TYO", "--becomes", "SAP", *on)
    assert {x["symbol"]: x["quantity"] for x in now["lines"] if x["quantity"]} == {
        "AAA": "100", "BBB": "33", "SAP": "20",
    }  # fmt: skip
    now = run("merger", "acts", "--symbol", "AAA", "--per-unit", "3", "--currency", "EUR", *on)
    assert now["cash_by_currency"] == {"USD": "2", "EUR": "300"}
    book = desk.portfolios
    entries = book.entries("acts")
    view = book.view_of(entries, params())
    assert view.last is not None
    assert "SAP" in view.last  # under its new name, so no trade of it shows as a price move
    assert "TYO" not in view.last
    history = book.history("acts", params())
    assert np.isfinite(history["turnover"]).all()
    run("undo", "acts")
    assert main(["portfolio", "delisting", "acts", "--symbol", "AAA", *on, *db]) == 2
    assert "What did it bring" in capsys.readouterr().err
