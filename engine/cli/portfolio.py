"""The command portfolio: create, record, show."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.answer import Answer, table_text
from engine.cli.arguments.shared import params_of
from engine.cli.arguments.trading import (
    MONEY,
    UNITS,
    day_of,
    file_of,
    flags_of,
    refuse_unused,
    shown_as,
    takes_file,
)
from engine.cli.drift import (
    by_currency,
    check_universe,
    drifted,
    facts,
    headline,
    lines_text,
    missing,
)
from engine.core.amounts import exact_text
from engine.core.errors import AnswerNo, InputError
from engine.core.words import UNKNOWN, EntryKind
from engine.desk import Desk, read_holdings
from engine.params import DataParams
from engine.store import PortfolioInfo
from engine.trading.entries import ENTRIES
from engine.trading.state import said_of


def portfolio(arguments: argparse.Namespace) -> Answer:
    """Create a portfolio, record what happened to it, or show it."""
    desk, action = Desk(arguments.db), arguments.action
    refuse_unused(arguments)
    if arguments.name and arguments.portfolio and arguments.name != arguments.portfolio:
        raise InputError("The portfolio is named twice, and differently: name it once.")
    name = arguments.name or arguments.portfolio
    params = params_of(arguments)  # what cannot be used is refused before anything is stored
    day = day_of(arguments)
    said: tuple[str, ...] = ()
    if action == "create":
        if not name:
            raise InputError("Which portfolio? Name it: `portfolio create NAME --cash AMOUNT`.")
        known = {p.name for p in desk.portfolios.list()}
        base = DataParams(base_currency=arguments.base or params.data.base_currency).base_currency
        rows, cash = _stated(arguments)
        info = desk.portfolios.create(
            name, arguments.universe, base, arguments.by,
            cash=cash, rows=rows, effective_date=day,
        )  # fmt: skip
        verb = "exists" if name in known else "created"
        said = (f"Portfolio {info.name} {verb}: {info.universe} in {info.base_currency}.",)
    else:
        info = desk.portfolios.info(name)
        check_universe(arguments, info)
        if action != "show":
            said = (_record(desk, info, arguments),)
            info = desk.portfolios.info(info.name)
    return _shown(desk, info, arguments, said)


# What is said where an entry would say nothing.
_NOTHING = {
    EntryKind.HOLDINGS: "What is held? Give --file FILE, or --hold SYMBOL=QUANTITY and --cash.",
    EntryKind.CORRECTION: "What is to be corrected? Give --hold SYMBOL=QUANTITY or --cash.",
}


def _record(desk: Desk, info: PortfolioInfo, arguments: argparse.Namespace) -> str:
    """Add the entry that is asked for, and say which."""
    book, name, by = desk.portfolios, info.name, arguments.by
    if arguments.action == "undo":
        last = book.entries(name)[-1]
        entry = book.undo(name, last.seq, by, expected_head=last.hash)
        return f"Entry {entry.seq} of {name}: takes back entry {last.seq}, {last.kind}."
    kind = EntryKind(arguments.action)
    given = _given(arguments, kind)
    entry = book.record(name, kind, given, day_of(arguments), by, again=arguments.again)
    day = entry.effective_date
    told = f"Entry {entry.seq} of {name}: {entry.kind}, effective {day}."
    return " ".join([told, *said_of(day, book.state(name, day))])


def _given(arguments: argparse.Namespace, kind: EntryKind) -> dict[str, Any]:
    """What the options hand in for a kind of entry, by its fields. Raises InputError naming the
    option that is needed."""
    fields, cash = ENTRIES[kind].fields, arguments.cash
    given: dict[str, Any] = {}
    for one in fields:
        if takes_file(one):
            given[one.name], cash = _stated(arguments)
        elif flags_of(one) == UNITS:
            given[one.name] = [_pair(item) for item in arguments.hold]
        elif flags_of(one) != MONEY:
            given[one.name] = getattr(arguments, one.name)
    given |= {one.name: cash for one in fields if flags_of(one) == MONEY}
    filed = bool(arguments.file) and any(takes_file(one) for one in fields)
    said = [given[one.name] for one in fields if not one.kind.about]
    if kind in _NOTHING and not filed and all(value in (None, []) for value in said):
        raise InputError(_NOTHING[kind])
    for one in fields:
        if one.required and not one.missing and not given[one.name]:
            raise InputError(f"This needs {shown_as(one)}.")
    return given


def _stated(arguments: argparse.Namespace) -> tuple[list[tuple[str, str]], Any]:
    """Holdings of a file or of options, and the cash: of --cash, else of the file's rows CASH."""
    rows, cash = [_pair(item) for item in arguments.hold], arguments.cash
    if arguments.file and rows:
        raise InputError("What is held is given twice: leave out --file or --hold.")
    if arguments.file:
        found, money = read_holdings(file_of(arguments.file, "The file of holdings"))
        rows = [(symbol, exact_text(quantity)) for symbol, quantity in found]
        if money and cash is not None:
            raise InputError("The cash is in the file and in --cash: leave one of them out.")
        cash = money or cash
    return rows, cash


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
    document = {**facts(info), **drifted(view)}
    text = "\n".join([*said, headline(view), lines_text(view)])
    return Answer(document, text, (*view.notes, *missing(view)))


def _without_target(
    desk: Desk, info: PortfolioInfo, reason: str, said: tuple[str, ...], day: Any
) -> Answer:
    try:
        state = desk.portfolios.state(info.name, day)
    except InputError:  # its first entry is later than the data
        state = None
    cash = desk.portfolios.cash(info.name, state) if state else None
    document = {
        **facts(info),
        "status": UNKNOWN,
        "reason": reason,
        "turnover": None,
        "as_of": state.as_of.isoformat() if state else None,
        "value": None,
        "cash": None if cash is None else exact_text(cash),
        "cash_by_currency": by_currency(state) if state else {},
        "lines": [
            {"symbol": p.symbol, "quantity": exact_text(p.quantity), "last": None, "held": None,
             "target": None, "drift": None, "money": None, "action": "none", "note": ""}
            for p in (state.positions if state else ())
        ],
    }  # fmt: skip
    held = [(p.symbol, exact_text(p.quantity)) for p in (state.positions if state else ())]
    table = table_text(("symbol", "quantity"), held) if held else "Nothing is held."
    money = "; ".join(f"{v} {code}" for code, v in by_currency(state).items()) if state else ""
    told = f"Cash {money}" if money else ""
    return Answer(document, "\n".join([*said, table, told]).strip(), (reason,))


def _pair(item: str) -> tuple[str, str]:
    symbol, equals, quantity = item.partition("=")
    if not equals:
        raise InputError(f"--hold {item[:40]}: write it as SYMBOL=QUANTITY.")
    return symbol.strip(), quantity.strip()
