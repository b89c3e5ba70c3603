"""What version 0.1.0 wrote is read as it was: ids, hashes, states, audits, files, pages.

The directory is never rewritten, whatever changes here. Where a later version shows something
otherwise on purpose, `SINCE` says so, with the reason.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import earlier_house
import pytest
import streamlit as st
from earlier_house import HOUSE

from engine.desk import Desk
from engine.store.snapshots import Content, content_id
from engine.trading.exports import export
from engine.trading.exports.filled import planned_fills
from engine.trading.exports.fills import read_fills
from engine.trading.exports.reimport import reimport

EXPECTED = json.loads((HOUSE / earlier_house.EXPECTED).read_text(encoding="utf-8"))
RUNS, PORTFOLIOS, TICKETS = EXPECTED["runs"], EXPECTED["portfolios"], EXPECTED["tickets"]
PAGES = EXPECTED["pages"]
KINDS, READ_BACK = ("csv", "json", "ibkr", "fix", "html"), ("csv", "json")
# SHA-256 of expected.json.
NOTED = "3e7fdf03a00c5f9939fc18df7dae326e283654c1f9f62a6f8ebd27d138b8204b"
# Figures that have another name: since then the word of a symbol stands before it.
RENAMED = {
    "mean ρ inside": "mean correlation ρ inside", "regime · t": "regime · threshold t",
    "t by regime": "threshold t by regime", "t in use": "threshold t in use",
    "regime or t": "regime or threshold",
}  # fmt: skip
# Place of an address → label → what is shown there now; None: no more.
SINCE: dict[int, dict[str, str | None]] = {
    # Shares in dollars of a book in euros: a line of the ticket changes what they bring.
    15: {"trades": "15", "cost, EUR": "28.66", "cash after, EUR": "87,613.96"},
    # The turnover budget is used up: the costs of trades that are not made are not taken off it.
    16: {
        "cash after, USD": "72,566.84", "cost, USD": "65.96", "turnover": "10.00 %",
        "drift that remains": "43.42 %",
    },
}  # fmt: skip
# Columns in which cells changed with these: trades that use the budget up, prices without flows.
CHANGED = {
    15: {"turnover", "remains", "cost", "bps", "trades"},
    16: {"price", "turnover", "cost", "bps", "remains"},
}
# Columns that tables have gained: flows, among the causes of drift.
GAINED = {"flows"}
GAINED_AT = {17: {"notional"}}  # whether quantities of the draft are of adjusted closes
# Places of addresses with many weights at one limit: which of them stood first hung on the solver's
# last digit, and so on the machine. Since then they stand by name.
TIED = (10, 11, 13)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that nothing here writes to."""
    return earlier_house.unpacked(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def desk(database: Path) -> Desk:
    return Desk(database)


@pytest.fixture(scope="module")
def caches() -> Iterator[None]:
    """Those of the pages, of this database alone."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def stored_file(name: str) -> bytes:
    return (HOUSE / name).read_bytes()


def test_the_directory_is_as_it_was_written() -> None:
    assert earlier_house.digests() == EXPECTED["files"]
    assert hashlib.sha256((HOUSE / earlier_house.EXPECTED).read_bytes()).hexdigest() == NOTED


def test_it_holds_what_there_was() -> None:
    """Or else little would be held to it."""
    kinds = {kind for p in PORTFOLIOS.values() for kind in p["kinds"]}
    assert kinds == {
        "create", "holdings", "cash", "ticket", "split", "dividend", "correction",
    }  # fmt: skip
    assert {t["state"] for t in TICKETS.values()} == {
        "PROPOSED", "APPROVED", "IMPLEMENTED", "CANCELLED", "EXPIRED",
    }  # fmt: skip
    assert any(t["override"] for t in TICKETS.values())
    assert {run["regime"] for run in RUNS.values()} == {"CRISIS", "NORMAL", "QUIET"}
    assert {run["preset"] for run in RUNS.values()} == {"roadmap", "evidence", "own"}
    assert len({page["page"] for page in PAGES}) == 9
    assert len(PAGES) == 20


def test_universes(desk: Desk) -> None:
    gone = desk.deleted()
    assert [[r.universe, r.by, r.at.isoformat()] for _, r in gone] == EXPECTED["deleted"]
    found = [*desk.store.universes(), *(info for info, _ in gone)]
    assert [i.name for i in found] == [e["name"] for e in EXPECTED["universes"]]
    for info, wanted in zip(found, EXPECTED["universes"], strict=True):
        assert info.loaded_at.isoformat() == wanted["loaded_at"]
        for name in ("snapshot_id", "symbols", "rows", "source", "by"):
            assert getattr(info, name) == wanted[name], (info.name, name)
        assert (str(info.first), str(info.last)) == (wanted["first"], wanted["last"])
        assert len(desk.store.quarantine(info.name)) == wanted["quarantined"]
        assert sorted(set(desk.store.ingests(info.name)["snapshot_id"])) == wanted["snapshots"]


def test_snapshots_hash_to_their_ids(desk: Desk) -> None:
    """The older one too. The copies in Parquet are not kept, so all is read from the tables."""
    gone = {name for name, _, _ in EXPECTED["deleted"]}
    for wanted in EXPECTED["universes"]:
        for snapshot_id in wanted["snapshots"] if wanted["name"] not in gone else ():
            found = desk.store.snapshot(wanted["name"], snapshot_id)
            assert content_id(Content(found.prices, found.instruments)) == snapshot_id


@pytest.mark.parametrize("run_id", RUNS)
def test_runs_are_audited_as_they_were(desk: Desk, run_id: str) -> None:
    wanted, found = RUNS[run_id], desk.audit_run(run_id)
    run, failed = found.run, [f"{c.name}: {c.detail}" for c in found.audit.failed]
    assert found.audit.passed == wanted["passed"], failed
    assert {c.name for c in found.audit.failed} >= set(wanted["failed"])
    assert run.run_id == run_id and not run.faults
    assert str(run.as_of) == wanted["as_of"]
    assert run.cash == pytest.approx(wanted["cash"])
    for name in (
        "universe", "snapshot_id", "preset", "profile", "regime", "linkage", "threshold", "by",
        "checksum",
    ):  # fmt: skip
        assert getattr(run, name) == wanted[name], name


def test_every_run_is_listed(desk: Desk) -> None:
    names = [wanted["name"] for wanted in EXPECTED["universes"]]
    assert [run.run_id for name in names for run in desk.runs(name)] == list(RUNS)


def test_a_deleted_universe_comes_back(tmp_path: Path) -> None:
    """Until then its run cannot be recomputed."""
    desk = Desk(earlier_house.unpacked(tmp_path))
    ((name, _, _),) = EXPECTED["deleted"]
    (run,) = [run_id for run_id, run in RUNS.items() if run["universe"] == name]
    assert not desk.audit_run(run).audit.passed
    assert desk.restore(name).snapshot_id == RUNS[run]["snapshot_id"]
    assert desk.audit_run(run).audit.passed


def test_ledgers(desk: Desk) -> None:
    """Every hash of all of them, and every head that a ticket notes."""
    found = desk.portfolios.verify()
    assert found.passed, found.sentences
    wanted = {name: (p["entries"], p["head_hash"]) for name, p in PORTFOLIOS.items()}
    assert {v.portfolio: (v.entries, v.head_hash) for v in found.checked} == wanted
    assert sum(v.tickets for v in found.checked) == len(TICKETS)
    for name, (entries, head) in wanted.items():
        assert desk.portfolios.verify(name, head).anchor_in == (name, entries)
    tickets = [desk.portfolios.ticket(ticket_id).stored for ticket_id in TICKETS]
    for name, head in {(t.portfolio, t.ledger_head) for t in tickets}:
        assert desk.portfolios.verify(name, head).passed


@pytest.mark.parametrize("name", PORTFOLIOS)
def test_states(desk: Desk, name: str) -> None:
    """What is held follows from the entries, to the last digit."""
    wanted, info = PORTFOLIOS[name], desk.portfolios.info(name)
    assert (info.universe, info.base_currency) == (wanted["universe"], wanted["base_currency"])
    assert [e.kind for e in desk.portfolios.entries(name)] == wanted["kinds"]
    for day, held in wanted["states"].items():
        state = desk.portfolios.state(name, dt.date.fromisoformat(day))
        positions = {p.symbol: [str(p.quantity), p.notional] for p in state.positions}
        assert {"cash": str(state.cash), "positions": positions} == held, day


@pytest.mark.parametrize("ticket_id", TICKETS)
def test_tickets(desk: Desk, ticket_id: str) -> None:
    """State, events and files; what is read back is the ticket on record."""
    wanted, (ticket, state, events) = TICKETS[ticket_id], desk.portfolios.ticket(ticket_id)
    stored = desk.portfolios.ticket(ticket_id).stored
    assert ticket.intact and ticket.checksum == stored.checksum == wanted["checksum"]
    assert state == ticket.state == wanted["state"]
    assert len(ticket.lines) == wanted["lines"]
    assert [[e.state, e.by, e.hash] for e in events] == wanted["events"]
    assert stored.expires_at is not None
    assert stored.expires_at.isoformat() == wanted["expires_at"]
    for name in ("portfolio", "by", "override", "entry_seq", "source_run"):
        assert getattr(stored, name) == wanted[name], name
    assert set(wanted["exports"]) == set(KINDS)
    for kind, noted in wanted["exports"].items():
        data = stored_file(noted["file"])
        made = export(ticket, kind, noted["leave_out"], adjusted=True).data
        assert made == data, kind
        if kind in READ_BACK:
            assert desk.portfolios.reimport(data, kind) == ticket


def test_every_ticket_is_listed(desk: Desk) -> None:
    assert [t.ticket_id for n in PORTFOLIOS for t in desk.portfolios.tickets(n)] == list(TICKETS)


def test_a_ticket_on_no_record() -> None:
    files = EXPECTED["off_record"]
    first, second = (reimport(stored_file(files[kind]), kind) for kind in READ_BACK)
    assert first == second and not first.portfolio
    for kind in KINDS:
        assert export(first, kind, adjusted=True).data == stored_file(files[kind]), kind


def fills_of(desk: Desk, ticket_id: str) -> dict[str, Any]:
    """Payload of the entry that implemented a ticket."""
    portfolio, seq = TICKETS[ticket_id]["portfolio"], TICKETS[ticket_id]["entry_seq"]
    return desk.portfolios.entries(portfolio)[seq - 1].payload


def test_fills(desk: Desk) -> None:
    """The file reads as what was recorded of it, what stayed open too."""
    (path,) = HOUSE.glob("fills-*.csv")
    ticket_id = path.stem.removeprefix("fills-")
    ticket = desk.portfolios.ticket(ticket_id).ticket
    found, recorded = read_fills(path.read_bytes(), ticket), fills_of(desk, ticket_id)
    assert found.payload()["fills"] == recorded["fills"]
    assert {o.symbol: str(o.left) for o in found.unfilled} == {
        o["symbol"]: o["left"] for o in recorded["unfilled"]
    }
    assert len(found.unfilled) == 2
    assert len(found.fills) > len({f.symbol for f in found.fills})


@pytest.mark.parametrize("ticket_id", TICKETS)
def test_an_exported_csv_serves_as_fills(desk: Desk, ticket_id: str) -> None:
    """Its lines under the assets' own names: everything as planned."""
    ticket = desk.portfolios.ticket(ticket_id).ticket
    text = stored_file(TICKETS[ticket_id]["exports"]["csv"]["file"]).decode()
    lines = [row for row in csv.DictReader(io.StringIO(text)) if row["record"] == "line"]
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ("symbol", "side", "quantity", "price", "fee"),
            *((x["asset"], x["side"], x["quantity"], x["price"], x["cost"]) for x in lines),
        ]
    )
    found, planned = read_fills(out.getvalue().encode(), ticket), planned_fills(ticket)
    assert found.complete and len(found.fills) == TICKETS[ticket_id]["lines"]
    names = ("symbol", "side", "quantity", "price", "fee", "notional")
    for fill, wanted in zip(found.fills, planned.fills, strict=True):
        assert [getattr(fill, n) for n in names] == [getattr(wanted, n) for n in names]
        assert fill.value == pytest.approx(wanted.value, abs=Decimal("0.01"))


def today(label: str) -> str:
    """What a figure is called by now."""
    return RENAMED.get(label, label.replace("ρ → 1", "correlation ρ → 1"))


@pytest.mark.parametrize("at", range(len(PAGES)), ids=lambda at: f"{PAGES[at]['page']}-{at}")
def test_addresses(
    database: Path, caches: None, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:  # fmt: skip
    """An address shows the figures that it showed, and stays as it was given."""
    wanted = PAGES[at]
    page = earlier_house.opened(monkeypatch, database, wanted["page"], wanted["address"])
    assert not [*page.exception, *page.error]
    assert earlier_house.kept(page, wanted["address"]) == wanted["address"]
    found, frames = earlier_house.whole(page)
    figures = wanted["figures"] | SINCE.get(at, {})
    now = {label: found.get(today(label)) for label in figures}
    assert now == figures
    tables = earlier_house.cells_again(frames, wanted["tables"], anywhere=at in TIED)
    for table, noted in zip(tables, wanted["tables"], strict=True):
        rows, columns = table["shape"]
        gained = GAINED | GAINED_AT.get(at, set())
        assert [rows, columns - len(gained & set(table["columns"]))] == noted["shape"]
        for (row, column, value), (_, _, then) in zip(table["cells"], noted["cells"], strict=True):
            if column in CHANGED.get(at, ()):
                continue
            assert earlier_house.same(value, then), (row, column, value, then)
