"""The commands `portfolio` and `drift`: what is held, and how far from its target."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import Any

from engine.cli.arguments import params_of
from engine.cli.commands import Answer, table_text
from engine.cli.trade_arguments import day_of, file_of
from engine.core import format as fmt
from engine.core.amounts import exact_text
from engine.core.errors import AnswerNo, InputError
from engine.core.words import UNKNOWN
from engine.desk import Desk, DriftView, read_holdings
from engine.store import PortfolioInfo
from engine.trading.causes import total
from engine.trading.drift import fired_share


def portfolio(arguments: argparse.Namespace) -> Answer:
    """Create a portfolio, record what happened to it, or show it."""
    desk, action = Desk(arguments.db), arguments.action
    if arguments.name and arguments.portfolio and arguments.name != arguments.portfolio:
        raise InputError("The portfolio is named twice, and differently: name it once.")
    name = arguments.name or arguments.portfolio
    params_of(arguments)  # what cannot be used is refused before anything is stored
    day = day_of(arguments)
    said: tuple[str, ...] = ()
    if action == "create":
        if not name:
            raise InputError("Which portfolio? Name it: `portfolio create NAME --cash AMOUNT`.")
        known = {p.name for p in desk.portfolios.list()}
        rows, cash = _stated(arguments)
        info = desk.portfolios.create(
            name, arguments.universe, arguments.base, arguments.by, cash=cash, rows=rows,
            effective_date=day,
        )  # fmt: skip
        verb = "exists" if name in known else "created"
        said = (f"Portfolio {info.name} {verb}: {info.universe} in {info.base_currency}.",)
    else:
        info = desk.portfolios.info(name)
        _check_universe(arguments, info)
        if action != "show":
            said = (_record(desk, info, arguments),)
            info = desk.portfolios.info(info.name)
    return _shown(desk, info, arguments, said)


def _record(desk: Desk, info: PortfolioInfo, arguments: argparse.Namespace) -> str:
    """Add the entry that is asked for, and say which."""
    book, name, by = desk.portfolios, info.name, arguments.by
    day, cash, action = day_of(arguments), arguments.cash, arguments.action
    if action == "holdings":
        rows, cash = _stated(arguments)
        if not arguments.file and not rows and cash is None:
            raise InputError(
                "What is held? Give --file FILE, or --hold SYMBOL=QUANTITY and --cash."
            )
        entry = book.hold(name, rows, cash, day, by)
    elif action == "correction":
        rows = [_pair(item) for item in arguments.hold]
        if not rows and cash is None:
            raise InputError("What is to be corrected? Give --hold SYMBOL=QUANTITY or --cash.")
        entry = book.correct(name, rows, cash, day, by, arguments.reason)
    elif action == "undo":
        last = book.entries(name)[-1]
        entry = book.undo(name, last.seq, by, expected_head=last.hash)
        return f"Entry {entry.seq} of {name}: takes back entry {last.seq}, {last.kind}."
    elif action == "cash":
        entry = book.move_cash(name, _needed(cash, "--cash N"), day, by)
    elif action == "split":
        symbol = _needed(arguments.symbol, "--symbol S")
        entry = book.split(name, symbol, _needed(arguments.ratio, "--ratio R"), day, by)
    else:
        symbol = _needed(arguments.symbol, "--symbol S")
        entry = book.dividend(name, symbol, _needed(cash, "--cash N"), day, by)
    return f"Entry {entry.seq} of {name}: {entry.kind}, effective {entry.effective_date}."


def _stated(arguments: argparse.Namespace) -> tuple[list[tuple[str, str]], str | None]:
    """Holdings of a file or of options, and the cash: of --cash, else of the file's row CASH."""
    rows, cash = [_pair(item) for item in arguments.hold], arguments.cash
    if arguments.file and rows:
        raise InputError("What is held is given twice: leave out --file or --hold.")
    if arguments.file:
        found, money = read_holdings(file_of(arguments.file, "The file of holdings"))
        rows = [(symbol, exact_text(quantity)) for symbol, quantity in found]
        if money is not None and cash is not None:
            raise InputError("The cash is in the file and in --cash: leave one of them out.")
        cash = exact_text(money) if money is not None else cash
    return rows, cash


def drift(arguments: argparse.Namespace) -> Answer:
    """Held against target, with status and causes."""
    desk = Desk(arguments.db)
    params = params_of(arguments)
    info = desk.portfolios.info(arguments.portfolio)
    _check_universe(arguments, info)
    view = desk.portfolios.drift(info.name, params)
    past = desk.portfolios.history(
        info.name, params, view.as_of, asset_cap=view.asset_cap
    )  # fmt: skip
    fired = fired_share(
        list(past["turnover"]), params.drift, list(past["largest"]), view.asset_cap
    )  # fmt: skip
    parts = total(view.causes)
    document = {
        **_facts(info),
        **_drifted(view),
        "causes": {
            "total": {name: getattr(parts, name) for name in _PARTS},
            "assets": [
                {"symbol": c.symbol, **{name: getattr(c, name) for name in _PARTS}}
                for c in view.causes
            ],
        },
        "history": [
            {"date": row.date.isoformat(), "turnover": row.turnover, "largest": row.largest,
             "status": row.status, "value": row.value}
            for row in past.itertuples()
        ],
        "fired": {"rebalance": fired.rebalance, "urgent": fired.urgent, "days": fired.days},
    }  # fmt: skip
    causes = ", ".join(f"{name} {fmt.percent(getattr(parts, name))}" for name in _PARTS[:-1])
    text = (
        f"{_headline(view)}\n{view.drift.reason}\n{_lines_text(view)}\n"
        f"One-way causes: {causes}; by asset they add up to the drift."
    )
    return Answer(document, text, (*view.notes, *_missing(view)))


_PARTS = ("price", "clusters", "targets", "drift")


def _shown(
    desk: Desk, info: PortfolioInfo, arguments: argparse.Namespace, said: tuple[str, ...]
) -> Answer:
    """The portfolio as the drift sees it; where no target can be computed, what is held alone."""
    params = params_of(arguments)
    day = day_of(arguments)
    if day is not None:
        params = params.with_settings({"data.as_of": day})
    try:
        view = desk.portfolios.drift(info.name, params)
    except (AnswerNo, InputError) as error:
        if arguments.action == "show" and info.entries > 1:
            desk.portfolios.state(info.name, params.data.as_of)  # a date before it is bad input
        return _without_target(desk, info, str(error), said, params.data.as_of)
    document = {**_facts(info), **_drifted(view)}
    text = "\n".join([*said, _headline(view), _lines_text(view)])
    return Answer(document, text, (*view.notes, *_missing(view)))


def _without_target(
    desk: Desk, info: PortfolioInfo, reason: str, said: tuple[str, ...], day: Any
) -> Answer:
    try:
        state = desk.portfolios.state(info.name, day)
    except InputError:  # its first entry is later than the data
        state = None
    document = {
        **_facts(info),
        "status": UNKNOWN,
        "reason": reason,
        "turnover": None,
        "as_of": state.as_of.isoformat() if state else None,
        "value": None,
        "cash": exact_text(state.cash) if state else None,
        "lines": [
            {"symbol": p.symbol, "quantity": exact_text(p.quantity), "last": None, "held": None,
             "target": None, "drift": None, "money": None, "action": "none", "note": ""}
            for p in (state.positions if state else ())
        ],
    }  # fmt: skip
    held = [(p.symbol, exact_text(p.quantity)) for p in (state.positions if state else ())]
    table = table_text(("symbol", "quantity"), held) if held else "Nothing is held."
    cash = f"Cash {exact_text(state.cash)} {info.base_currency}" if state else ""
    return Answer(document, "\n".join([*said, table, cash]).strip(), (reason,))


def _facts(info: PortfolioInfo) -> dict[str, Any]:
    return {
        "portfolio": info.name,
        "universe": info.universe,
        "base_currency": info.base_currency,
        "entries": info.entries,
        "ledger_head": info.head_hash,
    }


def _drifted(view: DriftView) -> dict[str, Any]:
    quantities = view.state.quantities
    return {
        "as_of": view.as_of.isoformat(),
        "snapshot_id": view.snapshot_id,
        "status": view.drift.status,
        "reason": view.drift.reason,
        "turnover": view.drift.turnover,
        "largest": view.drift.largest,
        "last_implemented": view.last_date.isoformat() if view.last_date else None,
        "value": exact_text(view.valued.value),
        "cash": exact_text(view.state.cash),
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
        "missing": [
            {"symbol": p.symbol, "problem": p.kind, "detail": p.detail,
             "rule": view.ruled.rules[p.symbol][1]}
            for p in view.missing
        ],
    }  # fmt: skip


def _group(group: Any) -> dict[str, Any]:
    names = ("name", "last", "held", "target", "drift")
    return {**{name: getattr(group, name) for name in names}, "money": _text(group.money)}


def _headline(view: DriftView) -> str:
    return (
        f"{view.state.portfolio} as of {view.as_of}: {view.drift.status}, turnover "
        f"{fmt.percent(view.drift.turnover)}, worth {view.valued.value:,.2f} "
        f"{view.state.base_currency}, cash {view.state.cash:,.2f}"
    )


def _lines_text(view: DriftView) -> str:
    rows = [
        (x.symbol, _text(view.state.quantities.get(x.symbol)) or "", fmt.percent(x.last, 2),
         fmt.percent(x.held, 2), fmt.percent(x.target, 2), fmt.percent(x.drift, 2),
         fmt.UNKNOWN if x.money is None else f"{x.money:,.2f}", x.action, x.note)
        for x in view.drift.lines
    ]  # fmt: skip
    headings = ("symbol", "quantity", "last", "held", "target", "drift", "money", "action", "note")
    return table_text(headings, rows)


def _missing(view: DriftView) -> tuple[str, ...]:
    return tuple(
        f"{p.symbol}: {p.kind} ({p.detail}); rule: {view.ruled.rules[p.symbol][1]}."
        for p in view.missing
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else exact_text(value)


def _pair(item: str) -> tuple[str, str]:
    symbol, equals, quantity = item.partition("=")
    if not equals:
        raise InputError(f"--hold {item[:40]}: write it as SYMBOL=QUANTITY.")
    return symbol.strip(), quantity.strip()


def _needed(value: str | None, option: str) -> str:
    if not value:
        raise InputError(f"This needs {option}.")
    return value


def _check_universe(arguments: argparse.Namespace, info: PortfolioInfo) -> None:
    if arguments.universe not in (None, info.universe):
        raise InputError(
            f"The portfolio {info.name} is of the universe {info.universe}: leave --universe out."
        )
