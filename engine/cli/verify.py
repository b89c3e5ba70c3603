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
        "anchor_in": (
            {"portfolio": found.anchor_in[0], "entry": found.anchor_in[1]}
            if found.anchor_in else None
        ),
    }  # fmt: skip
    rows = [(v.portfolio, v.entries, v.tickets, v.head_hash) for v in found.checked]
    table = table_text(("portfolio", "entries", "tickets", "head"), rows)
    if found.anchor_in:
        table += f"\nThe anchor is entry {found.anchor_in[1]} of {found.anchor_in[0]}."
    said = f"{table}\n" + ("passed" if found.passed else "FAILED")
    return Answer(document, said, found.sentences, 0 if found.passed else AnswerNo.exit_code)
