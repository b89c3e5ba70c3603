"""The subcommands of portfolios and tickets; the main parser and the script add them alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from engine.cli import drift, portfolio, ticket, verify
from engine.cli.arguments.shared import add_analysis, add_by, add_optimize, add_store
from engine.cli.arguments.trading import add_entries, add_portfolio

Adder = Callable[..., argparse.ArgumentParser]


def add_trade_commands(subparsers: Any) -> dict[str, argparse.ArgumentParser]:
    """portfolio, drift, ticket, approve, accept, cancel, verify; by name."""
    made: dict[str, argparse.ArgumentParser] = {}

    def command(name: str, run: Any, text: str, *, analysis: bool = False) -> Any:
        sub = subparsers.add_parser(name, help=text, description=text)
        add_store(sub)
        add_portfolio(sub)
        if analysis:
            add_analysis(sub)
            add_optimize(sub)
        else:
            add_by(sub)
        sub.set_defaults(run=run)
        made[name] = sub
        return sub

    add_entries(command("portfolio", portfolio.portfolio, "Create, record, show.", analysis=True))
    command("drift", drift.drift, "Held against target.", analysis=True)
    ticket.add_ticket(command("ticket", ticket.ticket, "Propose trades.", analysis=True))
    approve = command("approve", ticket.approve, "Release a ticket to be traded.")
    approve.add_argument("id", nargs="?", metavar="ID", help="default: the only one proposed")
    approve.add_argument("--override", default="", metavar="REASON", help="in spite of objections")
    accept = command("accept", ticket.accept, "Record a ticket as traded.")
    accept.add_argument("id", nargs="?", metavar="ID", help="default: the only one approved")
    accept.add_argument("--fills", metavar="FILE", help="CSV: symbol, side, quantity, price, fee")
    accept.add_argument("--on", metavar="D", help="trading day; default: the ticket's as-of date")
    accept.add_argument("--any-price", action="store_true", help="fills far from the ticket's too")
    cancel = command("cancel", ticket.cancel, "Give a ticket up.")
    cancel.add_argument("id", nargs="?", metavar="ID", help="default: the only one proposed")
    cancel.add_argument("--reason", default="", metavar="TEXT", help="why, for the record")
    of_verify = command(
        "verify",
        verify.verify,
        "Check what is stored: data, runs, ledgers and tickets against every hash.",
    )
    of_verify.add_argument(
        "--anchor", metavar="HASH", help="a head of a ledger or of the store, noted elsewhere"
    )
    return made
