"""Approval: the run behind a ticket is audited anew; nothing that was passed once is taken on."""

from __future__ import annotations

import dataclasses
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from desk_examples import mixed_desk

from engine.allocation.evidence import Audit
from engine.core.errors import AnswerNo, InputError, StoreBusy
from engine.desk import Desk
from engine.params import Params
from engine.store import Store
from engine.store.ledger.chain import GENESIS, sealed


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with the portfolio `main`, and a ticket of it whose run passed."""
    folder = tmp_path_factory.mktemp("approval")
    desk = mixed_desk(folder)
    return folder / "x.duckdb", desk.portfolios.propose("main", Params()).ticket_id


@pytest.fixture
def desk(base: tuple[Path, str], tmp_path: Path) -> Desk:
    return Desk(shutil.copy(base[0], tmp_path / "x.duckdb"))


@pytest.fixture
def ticket(base: tuple[Path, str]) -> str:
    return base[1]


def sql(desk: Desk, *statements: str) -> None:
    with duckdb.connect(str(desk.store.path)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "statements",
    [
        ("UPDATE run_weights SET weight = weight + 1e-6 WHERE symbol = 'UTI0'",),
        ("UPDATE runs SET params = '{}'",),
        ("DELETE FROM run_weights", "DELETE FROM runs"),
    ],
)
def test_what_passed_then_and_does_not_now_is_not_approved(
    desk: Desk, ticket: str, statements: tuple[str, ...]
) -> None:
    sql(desk, *statements)
    assert desk.portfolios.ticket(ticket).audit["passed"] is True  # as it was proposed
    with pytest.raises(AnswerNo, match="its run has not passed the audit"):
        desk.portfolios.approve(ticket, "Bert")
    assert desk.portfolios.ticket(ticket).state == "PROPOSED"
    done = desk.portfolios.approve(ticket, "Bert", "seen, and agreed")
    assert done.events[-1].payload == {
        "audit_passed": False,
        "override": "seen, and agreed",
        "objections": ["its run has not passed the audit"],
    }


def test_what_failed_then_and_passes_now_is_not_approved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who proposed it saw a failed audit; that is not mended by auditing again."""
    real = Desk.audit_run

    def failing(self: Desk, run_id: str) -> object:
        found = real(self, run_id)
        first, *rest = found.audit.checks
        checks = (dataclasses.replace(first, passed=False), *rest)
        return dataclasses.replace(found, audit=Audit(passed=False, checks=checks))

    with monkeypatch.context() as broken:
        broken.setattr(Desk, "audit_run", failing)
        proposed = desk.portfolios.propose("main", Params())
    assert desk.audit_run(proposed.source_run).audit.passed
    with pytest.raises(AnswerNo, match="has not passed the audit"):
        desk.portfolios.approve(proposed.ticket_id)


def test_what_still_passes_is_approved_and_what_cannot_be_looked_at_waits(
    desk: Desk, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object, **_kwargs: object) -> None:
        raise StoreBusy("held")

    with monkeypatch.context() as held:
        held.setattr(Store, "snapshot", busy)
        with pytest.raises(StoreBusy):
            desk.portfolios.approve(ticket)
    done = desk.portfolios.approve(ticket, "Bert")
    assert done.events[-1].payload == {"audit_passed": True, "override": "", "objections": []}


def test_an_edited_ticket_keeps_to_the_lists(desk: Desk) -> None:
    """No ticket is put on record that buys, by hand, what is not to be bought."""
    lists = Params().with_settings({"trade.do_not_buy": "ENE0"})
    both = {"ENE0": Decimal(1), "UTI0": Decimal(2)}
    before = len(desk.portfolios.tickets("main"))
    with pytest.raises(InputError, match=r"ENE0 cannot be traded \(do not buy\)"):
        desk.portfolios.propose("main", lists, edits=both)
    assert len(desk.portfolios.tickets("main")) == before
    made = desk.portfolios.propose("main", lists, edits={"UTI0": Decimal(2)})
    lines = desk.portfolios.ticket(made.ticket_id).ticket.lines
    assert [(line.symbol, line.side, line.quantity) for line in lines] == [("UTI0", "BUY", 2)]


def test_a_ledger_rewritten_as_a_whole_does_not_verify(desk: Desk, ticket: str) -> None:
    """Each entry fits its hash and the one before; the ticket and the anchor remember another."""
    head = desk.portfolios.info("main").head_hash
    assert desk.portfolios.verify("main", head).passed
    before, statements = GENESIS, []
    for entry in desk.portfolios.entries("main"):
        text = entry.payload_text.replace("100000", "900000")
        false = sealed(dataclasses.replace(entry, payload_text=text, prev_hash=before))
        before = false.hash
        statements.append(
            f"UPDATE ledger SET payload = '{text}', hash = '{false.hash}', "
            f"prev_hash = '{false.prev_hash}' WHERE seq = {entry.seq}"
        )
    sql(desk, *statements)
    assert desk.portfolios.state("main").cash == 900_000  # nothing in the chain gives it away
    found = desk.portfolios.verify("main", head)
    assert [(f.ticket, f.seq) for f in found.faults] == [(ticket, None)]
    assert "notes a head that the ledger no longer contains" in found.sentences[0]
    assert f"The anchor {head[:16]} is in no chain" in found.sentences[1]
