"""The ticket on paper: one HTML page without scripts, everything escaped, to be signed."""

from __future__ import annotations

from engine.core.amounts import exact_text
from engine.core.format import percent
from engine.core.html import rendered
from engine.trading.exports.kind import ExportType
from engine.trading.tickets.ticket import Ticket, TicketLine

# Nothing may be loaded or run, whatever a name on the ticket says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEAD = (
    "Order", "Side", "Order quantity", "Asset", "Side", "Asset quantity", "Price", "Value", "Cost",
    "Reason",
)  # fmt: skip
_NUMERIC = (2, 5, 6, 7, 8)


def write_html(ticket: Ticket) -> bytes:
    """UTF-8; checksum and ledger head in full; decimals exact; needs nothing from outside."""
    page = rendered(
        "trading/exports", "ticket.html.j2",
        title=f"Ticket {ticket.ticket_id}", ticket=ticket, policy=_POLICY, facts=_facts(ticket),
        hashes={
            "Run": ticket.run_id,
            "Snapshot": ticket.snapshot_id,
            "Ledger head": ticket.ledger_head,
            **({"Head of the store": ticket.store_head} if ticket.store_head else {}),
            "Checksum": ticket.checksum,
        },
        head=_HEAD, numeric=_NUMERIC, lines=[_line(line) for line in ticket.lines],
        notional=any(line.notional for line in ticket.lines),
        untraded=[(item.symbol, item.reason) for item in ticket.untraded],
    )  # fmt: skip
    return page.encode("utf-8")


def _facts(ticket: Ticket) -> dict[str, str]:
    facts = {
        "Universe": ticket.universe,
        "Data as of": ticket.as_of.isoformat(),
        "Proposed": f"{ticket.created_at:%Y-%m-%d %H:%M:%S} UTC"
        + (f" by {ticket.by}" if ticket.by else ""),
        "Cash before": f"{exact_text(ticket.cash_before)} {ticket.base_currency}",
        "Cash after": f"{exact_text(ticket.cash_after)} {ticket.base_currency}",
        **(
            {
                "Cash before by currency": ticket.cash_in_before,
                "Cash after by currency": ticket.cash_in_after,
            }
            if ticket.cash_in_after
            else {}
        ),
        "Estimated cost": f"{exact_text(ticket.estimated_cost)} {ticket.base_currency}",
    }
    if ticket.drift_before is not None and ticket.drift_left is not None:
        before, left = float(ticket.drift_before), float(ticket.drift_left)
        facts["Drift"] = f"{percent(before)} before, {percent(left)} left"
    return facts


def _line(line: TicketLine) -> tuple[str, ...]:
    return (
        line.market_symbol,
        line.market_side,
        exact_text(line.market_quantity),
        line.asset,
        line.side,
        exact_text(line.quantity) + ("*" if line.notional else ""),
        "" if line.price is None else exact_text(line.price),
        exact_text(line.value),
        exact_text(line.cost),
        line.reason,
    )


EXPORT = ExportType("Printable page", ".html", "text/html", lambda ticket, _: write_html(ticket))
