"""Names in the lists of what is not bought, not sold, or not traded at all."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from engine.core.errors import InputError
from engine.core.format import count, listing
from engine.params.trading import LISTS, TradeParams
from engine.trading.positions import symbol_of
from engine.trading.tradable import Tradable


def matched(
    params: TradeParams,
    tradables: Mapping[str, Tradable],
    held: Collection[str],
    wide: Iterable[str] = (),
) -> tuple[TradeParams, tuple[str, ...], tuple[str, ...]]:
    """The lists with each name as the symbol that it means: as it is stored, or a currency by its
    own code. wide: further restricted names, of a list that may be wider than the universe.

    Gives the parameters, the sentences that say which names of the lists mean nothing here, and
    those that say so of the wide list.
    """
    known = {*tradables, *held}
    unknown: list[str] = []
    changes: dict[str, Any] = {}
    for field, words in LISTS.items():
        names = [symbol_of(name, tradables) for name in getattr(params, field)]
        unknown += [_sentence(name, words, tradables) for name in names if name not in known]
        changes[field] = tuple(names)
    given = [symbol_of(name, tradables) for name in wide]
    there = tuple(name for name in given if name in known)
    changes["restricted"] = tuple(dict.fromkeys((*changes["restricted"], *there)))
    missed = [name for name in given if name not in known]
    said = (
        f"Of the restricted list {count(len(given), 'name')}, {len(missed)} are not in the "
        f"universe: {listing(missed, 10)}.",
    )
    return dataclasses.replace(params, **changes), tuple(unknown), said if missed else ()


def refuse_unknown(sentences: Collection[str]) -> None:
    """Raises InputError for names that mean nothing: the restriction would be off in silence."""
    if sentences:
        raise InputError(" ".join(sentences))


def _sentence(name: str, words: str, tradables: Mapping[str, Tradable]) -> str:
    names = {*tradables, *(t.asset for t in tradables.values() if t.asset)}
    near = difflib.get_close_matches(name, sorted(names), 1, 0.5) or difflib.get_close_matches(
        name.upper(), sorted(names), 1, 0.5
    )
    mend = f"did you mean {near[0]}?" if near else "give a symbol as listed there."
    return f"{name[:40]!r} on the list {words!r} is not in the universe: {mend}"
