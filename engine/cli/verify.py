"""The command verify."""

from __future__ import annotations

import argparse

from engine.cli.answer import Answer, table_text
from engine.core.errors import AnswerNo
from engine.desk import Desk


def verify(arguments: argparse.Namespace) -> Answer:
    """Recompute every hash; exit 1 if one does not hold."""
    found = Desk(arguments.db).portfolios.verify(arguments.portfolio, arguments.anchor)
    document = {
        "status": "ok" if found.passed else "no",
        "passed": found.passed,
        "portfolios": [
            {"portfolio": v.portfolio, "entries": v.entries, "tickets": v.tickets,
             "ledger_head": v.head_hash}
            for v in found.checked
        ],
        "faults": [
            {"portfolio": f.portfolio, "entry": None if f.ticket else f.seq, "ticket": f.ticket,
             "event": f.seq if f.ticket else None, "what": f.sentence}
            for f in found.faults
        ],
        "anchor": found.anchor or None,
        "store_faults": list(found.store_faults),
        "checked": dict(found.counts),
        "store_head": found.store_head or None,
        "anchor_in": _anchor(found.anchor_in),
    }  # fmt: skip
    rows = [(v.portfolio, v.entries, v.tickets, v.head_hash) for v in found.checked]
    table = table_text(("portfolio", "entries", "tickets", "head"), rows)
    if found.counts:
        looked = ", ".join(f"{number:,} {what}" for what, number in found.counts.items())
        table += f"\nLooked through: {looked}.\nHead of the store {found.store_head}"
    if found.anchor_in:
        name, number = found.anchor_in
        where = f"entry {number} of {name}" if name else f"link {number} of the store's journal"
        table += f"\nThe anchor is {where}."
    said = f"{table}\n" + ("passed" if found.passed else "FAILED")
    return Answer(document, said, found.sentences, 0 if found.passed else AnswerNo.exit_code)


def _anchor(found: tuple[str, int] | None) -> dict[str, str | int | None] | None:
    if found is None:
        return None
    name, number = found
    if name:
        return {"portfolio": name, "entry": number, "link": None}
    return {"portfolio": None, "entry": None, "link": number}
