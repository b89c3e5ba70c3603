"""The commands of a ticket: ticket, approve, accept, cancel."""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path

from engine.cli.answer import Answer, table_text, write_file
from engine.cli.arguments.shared import add_shorthands, params_of
from engine.cli.arguments.trading import asked_for_nothing, day_of, file_of, of_trading
from engine.cli.drift import by_currency
from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.listed import split_names
from engine.core.words import TicketState
from engine.desk import Desk, TicketRecord
from engine.desk.holdings_file import read_names
from engine.desk.ticket_record import record_of_ticket
from engine.params import of_run
from engine.store import StoredRun
from engine.trading.exports import KINDS, export
from engine.trading.state import said_of
from engine.trading.tickets.ticket import Ticket, to_document


def add_ticket(parser: argparse.ArgumentParser) -> None:
    """Options of `ticket`."""
    parser.add_argument("--notional", metavar="N", help="money that follows the target")
    add_shorthands(parser, "--phi", "--band")
    parser.add_argument(
        "--restricted", metavar="FILE",
        help="names that are not traded, one a line or in a column symbol; may be wider than the "
        "universe",
    )  # fmt: skip
    parser.add_argument("--format", metavar="K", help=", ".join(KINDS))
    parser.add_argument("--id", metavar="ID", help="show or export this one; propose nothing")
    parser.add_argument("--out", metavar="FILE", help="write the file of --format there")
    parser.add_argument(
        "--leave-out", default="", metavar="A,B", help="orders to place by hand (ibkr, fix)"
    )
    parser.add_argument(
        "--adjusted-quantities", action="store_true",
        help="write orders though quantities are of adjusted closes; goes on record (ibkr, fix)",
    )  # fmt: skip


def ticket(arguments: argparse.Namespace) -> Answer:
    """Propose a ticket, or show one that is on record."""
    desk = Desk(arguments.db)
    if arguments.format not in (None, *KINDS):
        raise InputError(f"--format {arguments.format[:40]}: choose one of {', '.join(KINDS)}.")
    if (
        arguments.out or arguments.leave_out or arguments.adjusted_quantities
    ) and not arguments.format:
        raise InputError("A file needs its kind: give --format.")
    if arguments.id:
        return _answer(desk.portfolios.ticket(arguments.id), arguments)
    params = params_of(arguments)
    restricted: tuple[str, ...] = ()
    if arguments.restricted:
        restricted = read_names(file_of(arguments.restricted, "The restricted list"))
    amount = None
    if arguments.notional is not None:
        amount = parse_amount(arguments.notional, "--notional")
    if amount is not None and arguments.portfolio is None and not desk.portfolios.list():
        priced = desk.portfolios.from_cash(
            arguments.universe, params, arguments.by, notional=amount, restricted=restricted
        )
        alone = ("There is no portfolio: this ticket is of cash, on no record, and cannot be "
                 "approved.",)  # fmt: skip
        return _answer(priced, arguments, alone)
    info = desk.portfolios.info(arguments.portfolio)
    if arguments.universe not in (None, info.universe):
        raise InputError(
            f"The portfolio {info.name} is of the universe {info.universe}: leave --universe out."
        )
    waived: tuple[str, ...] = tuple(arguments.waive)
    said: tuple[str, ...] = ()
    if asked_for_nothing(arguments) and (run := _latest_run(desk, info.universe)):
        params = of_run(run.params, of_trading(arguments))
        said = (f"Target: the run {run.run_id}, the latest of {info.universe}, as of {run.as_of}; "
                "an option such as --as-of computes another.",)  # fmt: skip
        waived = tuple(kind for kind in run.waivers if kind == "metadata")
    stored = desk.portfolios.propose(
        info.name, params, arguments.by, amount, waived=waived, restricted=restricted
    )
    return _answer(record_of_ticket(stored), arguments, said)


def approve(arguments: argparse.Namespace) -> Answer:
    """Release a ticket."""
    desk = Desk(arguments.db)
    name = arguments.id or desk.portfolios.waiting(arguments.portfolio, TicketState.PROPOSED)
    desk.portfolios.approve(name, arguments.by, arguments.override)
    return _answer(desk.portfolios.ticket(name), arguments)


def accept(arguments: argparse.Namespace) -> Answer:
    """Record what was traded."""
    desk = Desk(arguments.db)
    name = arguments.id or desk.portfolios.waiting(arguments.portfolio, TicketState.APPROVED)
    fills = None
    if arguments.fills:
        fills = file_of(arguments.fills, "The file of fills")
    done = desk.portfolios.accept(
        name, arguments.by, fills, effective_date=day_of(arguments), any_price=arguments.any_price
    )
    record = desk.portfolios.ticket(name)
    left = [f"{o['market_symbol']} {o['left']}" for o in done.entry.payload.get("unfilled", ())]
    day, name_of = done.entry.effective_date, done.entry.portfolio
    state = desk.portfolios.state(name_of, day)
    said = (
        *((done.notice,) if done.notice else ()),
        *((f"Not filled: {', '.join(left)}.",) if left else ()),
        *said_of(day, state),
    )
    answer = _answer(record, arguments, said)
    answer.document.update(
        {
            "cash": exact_text(desk.portfolios.cash(name_of, state)),
            "cash_by_currency": by_currency(state),
            "repeated": done.repeated,
            "entry": done.entry.seq,
            "entry_hash": done.entry.hash,
            "effective_date": done.entry.effective_date.isoformat(),
            "fills": done.entry.payload["fills"],
        }
    )
    return answer


def cancel(arguments: argparse.Namespace) -> Answer:
    """Give a ticket up."""
    desk = Desk(arguments.db)
    name = arguments.id or desk.portfolios.waiting(arguments.portfolio, TicketState.PROPOSED)
    desk.portfolios.cancel(name, arguments.by, arguments.reason)
    return _answer(desk.portfolios.ticket(name), arguments)


def _latest_run(desk: Desk, universe: str) -> StoredRun | None:
    """The latest run, if it is of the data as it is now."""
    runs = desk.runs(universe)
    if not runs or runs[0].snapshot_id != desk.store.snapshot(universe).info.snapshot_id:
        return None
    return runs[0]


def _answer(
    found: TicketRecord | Ticket, arguments: argparse.Namespace, said: tuple[str, ...] = ()
) -> Answer:
    """A ticket as JSON and as text, or as the file that was asked for."""
    record = found if isinstance(found, TicketRecord) else None
    made = found.ticket if isinstance(found, TicketRecord) else found
    document = {
        **to_document(made),
        "cash": exact_text(made.cash_after),
        "cash_by_currency": made.cash_after_by_currency,
        "recorded": record is not None,
        "audit": record.audit if record else None,
        "override": record.stored.override if record else "",
        "notes": record.stored.document.get("notes", []) if record else [],
        "events": [
            {"state": e.state, "by": e.by, "at": e.wall_time.isoformat(), "hash": e.hash}
            for e in (record.events if record else ())
        ],
    }
    notes = (*said, *document["notes"])
    if record and not record.audit["passed"]:
        notes = (*notes, f"The audit failed: {'; '.join(record.audit['failed'])}.")
    text = _worded(made)
    if kind := getattr(arguments, "format", None):
        leave_out = tuple(split_names(arguments.leave_out))
        adjusted = arguments.adjusted_quantities
        file = (
            Desk(arguments.db).portfolios.export_file(
                made.ticket_id, kind, leave_out, adjusted=adjusted, by=arguments.by
            )
            if record
            else export(made, kind, leave_out, adjusted)
        )
        text = file.data.decode("utf-8").removesuffix("\n")
        document["export"] = {"kind": kind, "name": file.name, "text": file.data.decode("utf-8")}
        if arguments.out:
            write_file(Path(arguments.out), file.data)
            text = f"Wrote {arguments.out}"
    return Answer(document, text, notes)


def _worded(made: Ticket) -> str:
    rows = [
        (x.market_symbol, x.market_side, exact_text(x.market_quantity), x.asset, x.side,
         exact_text(x.quantity) + ("*" if x.notional else ""), _money(x.value), _money(x.cost),
         x.reason)
        for x in made.lines
    ]  # fmt: skip
    headings = ("order", "side", "quantity", "asset", "side", "quantity", "value", "cost", "reason")
    lines = [
        f"Ticket {made.ticket_id} of {made.portfolio or 'no portfolio'}: {made.state}, as of "
        f"{made.as_of}, {made.base_currency}",
        table_text(headings, rows),
        *(["* notional: adjusted closes are known, no number of shares"]
          if any(x.notional for x in made.lines) else []),
        f"Cash {_money(made.cash_before)} before, {_money(made.cash_after)} after{_split(made)}; "
        f"estimated cost {_money(made.estimated_cost)}",
        f"Checksum {made.checksum}",
        f"Ledger head {made.ledger_head or 'none'}",
        *([f"Head of the store {made.store_head}"] if made.store_head else []),
    ]  # fmt: skip
    return "\n".join(lines)


def _split(made: Ticket) -> str:
    """Cash after by currency, where there is more than one."""
    return f" ({made.cash_in_after})" if made.cash_in_after else ""


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"
