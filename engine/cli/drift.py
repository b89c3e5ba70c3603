"""The command drift: what is held against its target."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import Any

from engine.cli.answer import Answer, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.core.amounts import exact_text
from engine.core.currencies import cash_in
from engine.core.errors import InputError
from engine.desk import Desk, DriftView
from engine.store import PortfolioInfo
from engine.trading.causes import PARTS, total
from engine.trading.drift import fired_share
from engine.trading.state import State


def drift(arguments: argparse.Namespace) -> Answer:
    """Held against target, with status and causes."""
    desk = Desk(arguments.db)
    params = params_of(arguments)
    info = desk.portfolios.info(arguments.portfolio)
    check_universe(arguments, info)
    view = desk.portfolios.drift(info.name, params)
    past = desk.portfolios.history(
        info.name, params, view.as_of, asset_cap=view.asset_cap
    )  # fmt: skip
    fired = fired_share(
        list(past["turnover"]), params.drift, list(past["largest"]), view.asset_cap
    )  # fmt: skip
    parts = total(view.causes)
    document = {
        **facts(info),
        **drifted(view),
        "causes": {
            "total": {name: getattr(parts, name) for name in _PARTS},
            "assets": [
                {"symbol": c.symbol, **{name: getattr(c, name) for name in _PARTS}}
                for c in view.causes
            ],
        },
        "history": [
            {"date": row.date.isoformat(), "turnover": row.turnover, "flows": row.flows,
             "largest": row.largest,
             "status": row.status, "value": row.value}
            for row in past.itertuples()
        ],
        "fired": {"rebalance": fired.rebalance, "urgent": fired.urgent, "days": fired.days},
    }  # fmt: skip
    causes = ", ".join(f"{name} {fmt.percent(getattr(parts, name))}" for name in _PARTS[:-1])
    text = (
        f"{headline(view)}\n{view.drift.reason}\n{lines_text(view)}\nTurnover by cause: {causes}."
    )
    return Answer(document, text, (*view.notes, *missing(view)))


_PARTS = (*PARTS, "drift")


def facts(info: PortfolioInfo) -> dict[str, Any]:
    return {
        "portfolio": info.name,
        "universe": info.universe,
        "base_currency": info.base_currency,
        "entries": info.entries,
        "ledger_head": info.head_hash,
    }


def drifted(view: DriftView) -> dict[str, Any]:
    quantities = _quantities(view.state)
    return {
        "as_of": view.as_of.isoformat(),
        "snapshot_id": view.snapshot_id,
        "status": view.drift.status,
        "reason": view.drift.reason,
        "turnover": view.drift.turnover,
        "largest": view.drift.largest,
        "last_implemented": view.last_date.isoformat() if view.last_date else None,
        "value": exact_text(view.valued.value),
        "cash": exact_text(view.valued.cash),
        "cash_by_currency": by_currency(view.state),
        "held_volatility": view.held_risk.volatility,
        "held_cvar_95": view.held_risk.cvar_95,
        "lines": [
            {
                "symbol": line.symbol,
                "quantity": _text(quantities.get(line.symbol)),
                "price": _text(view.prices.get(line.symbol)),
                "notional": line.symbol in view.notional,
                "last": line.last,
                "held": line.held,
                "target": line.target,
                "drift": line.drift,
                "money": _text(line.money),
                "action": line.action,
                "note": line.note,
            }
            for line in view.drift.lines
        ],
        "by_cluster": [_group(group) for group in view.drift.by_cluster],
        "by_class": [_group(group) for group in view.drift.by_class],
        "against_data": [
            {"symbol": m.symbol, "date": m.day.isoformat(), "what": m.what, "mend": m.mend}
            for m in view.against_data
        ],
        "missing": [
            {"symbol": p.symbol, "problem": p.kind, "detail": p.detail,
             "rule": view.ruled.rules[p.symbol][1]}
            for p in view.missing
        ],
    }  # fmt: skip


def _quantities(state: State) -> dict[str, Decimal]:
    """Units held by symbol, cash in other currencies among them."""
    cash = {cash_in(code, state.base_currency): amount for code, amount in state.foreign}
    return state.quantities | cash


def by_currency(state: State) -> dict[str, str]:
    """Cash of each currency, the base currency first."""
    return {code: exact_text(amount) for code, amount in state.cash_by_currency.items()}


def _by_currency(state: State) -> str:
    if not state.foreign:
        return ""
    told = ", ".join(f"{amount:,.2f} {code}" for code, amount in state.cash_by_currency.items())
    return f" ({told})"


def _group(group: Any) -> dict[str, Any]:
    names = ("name", "last", "held", "target", "drift")
    return {**{name: getattr(group, name) for name in names}, "money": _text(group.money)}


def headline(view: DriftView) -> str:
    return (
        f"{view.state.portfolio} as of {view.as_of}: {view.drift.status}, turnover "
        f"{fmt.percent(view.drift.turnover)}, worth {view.valued.value:,.2f} "
        f"{view.state.base_currency}, cash {view.valued.cash:,.2f}{_by_currency(view.state)}"
    )


def lines_text(view: DriftView) -> str:
    quantities = _quantities(view.state)
    rows = [
        (x.symbol, _text(quantities.get(x.symbol)) or "", fmt.percent(x.last, 2),
         fmt.percent(x.held, 2), fmt.percent(x.target, 2), fmt.percent(x.drift, 2),
         fmt.UNKNOWN if x.money is None else f"{x.money:,.2f}", x.action, x.note)
        for x in view.drift.lines
    ]  # fmt: skip
    headings = ("symbol", "quantity", "last", "held", "target", "drift", "money", "action", "note")
    return table_text(headings, rows)


def missing(view: DriftView) -> tuple[str, ...]:
    """What the ledger and the prices disagree on, and what cannot be weighed as others are."""
    return (
        *(f"{m.what} It would end with: {m.mend}." for m in view.against_data),
        *_problems(view),
    )


def _problems(view: DriftView) -> tuple[str, ...]:
    return tuple(
        f"{p.symbol}: {p.kind} ({p.detail}); rule: {view.ruled.rules[p.symbol][1]}."
        for p in view.missing
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else exact_text(value)


def check_universe(arguments: argparse.Namespace, info: PortfolioInfo) -> None:
    if arguments.universe not in (None, info.universe):
        raise InputError(
            f"The portfolio {info.name} is of the universe {info.universe}: leave --universe out."
        )
