"""The ticket on paper: one HTML page without scripts, everything escaped, to be signed."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from engine.core.amounts import exact_text
from engine.core.format import percent
from engine.trading.tickets.ticket import Ticket, TicketLine

# Nothing may be loaded or run, whatever a name on the ticket says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 13px/1.4 system-ui, sans-serif; color: #111; background: #fff; margin: 2rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; }
th, td { border-bottom: 1px solid #bbb; padding: .2rem .4rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr { break-inside: avoid; } dl { display: grid; grid-template-columns: max-content 1fr;
  gap: .1rem 1rem; margin: 0; } dt { color: #444; } dd { margin: 0; overflow-wrap: anywhere; }
.hash { font-family: ui-monospace, monospace; } .sign { margin-top: 3rem; }
@page { margin: 15mm; } @media print { body { margin: 0; } }
"""
_HEAD = (
    "Order", "Side", "Order quantity", "Asset", "Side", "Asset quantity", "Price", "Value", "Cost",
    "Reason",
)  # fmt: skip
_NUMERIC = (2, 5, 6, 7, 8)


def write_html(ticket: Ticket) -> bytes:
    """UTF-8; checksum and ledger head in full; decimals exact; needs nothing from outside."""
    title = f"Ticket {ticket.ticket_id}"
    base = ticket.base_currency
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)} · {escape(ticket.portfolio)} · {escape(ticket.state)}</h1>",
        _facts(ticket),
        f"<h2>Trades ({len(ticket.lines)})</h2>",
        f"<p>Prices, values and costs in {escape(base)}. Order: what goes to the market; for a "
        "currency, units of the first currency of the pair.</p>",
        _table(_HEAD, (_line(line) for line in ticket.lines), _NUMERIC),
    ]
    if any(line.notional for line in ticket.lines):
        parts.append("<p>* Notional: a quantity of adjusted prices, no number of shares.</p>")
    if ticket.untraded:
        rows = ([item.symbol, item.reason] for item in ticket.untraded)
        parts += [
            f"<h2>Not traded ({len(ticket.untraded)})</h2>",
            _table(("Symbol", "Reason"), rows, ()),
        ]
    parts.append('<p class="sign">Approved by ______________________ on ______________</p>')
    return "\n".join([*parts, "</body></html>", ""]).encode("utf-8")


def _facts(ticket: Ticket) -> str:
    facts = {
        "Universe": ticket.universe,
        "Data as of": ticket.as_of.isoformat(),
        "Proposed": f"{ticket.created_at:%Y-%m-%d %H:%M:%S} UTC"
        + (f" by {ticket.by}" if ticket.by else ""),
        "Cash before": f"{exact_text(ticket.cash_before)} {ticket.base_currency}",
        "Cash after": f"{exact_text(ticket.cash_after)} {ticket.base_currency}",
        "Estimated cost": f"{exact_text(ticket.estimated_cost)} {ticket.base_currency}",
    }
    if ticket.drift_before is not None and ticket.drift_left is not None:
        before, left = float(ticket.drift_before), float(ticket.drift_left)
        facts["Drift"] = f"{percent(before)} before, {percent(left)} left"
    hashes = {
        "Run": ticket.run_id,
        "Snapshot": ticket.snapshot_id,
        "Ledger head": ticket.ledger_head,
        "Checksum": ticket.checksum,
    }
    rows = [f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items()]
    rows += [f'<dt>{escape(k)}</dt><dd class="hash">{escape(v)}</dd>' for k, v in hashes.items()]
    return f"<dl>{''.join(rows)}</dl>"


def _line(line: TicketLine) -> list[str]:
    return [
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
    ]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], numeric: tuple[int, ...]) -> str:
    def cells(tag: str, texts: Iterable[str]) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f"<{tag}{scope}{' class=n' if place in numeric else ''}>{escape(text)}</{tag}>"
            for place, text in enumerate(texts)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"
