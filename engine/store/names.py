"""Names of universes and of people: what fits, and the sentence where one does not."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable

from engine.core.errors import EmptyUniverse, InputError
from engine.core.format import listing

NAME_LIMIT = 64
_UNIVERSE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9 _.-]{{0,{NAME_LIMIT - 1}}}")
_BY_LIMIT = 320  # the longest e-mail address


def check_name(universe: str) -> None:
    """Raises InputError if this cannot be the name of a universe."""
    if not _UNIVERSE.fullmatch(universe):
        raise InputError(
            f"The universe name {universe!r} does not fit: use up to {NAME_LIMIT} letters, "
            "digits, blanks, dots, dashes and underscores, a letter or digit first."
        )


def name_from(text: str) -> str:
    """The nearest name that fits a text, such as that of a file; "upload" if nothing is left."""
    fit = re.sub(r"[^A-Za-z0-9 _.-]+", "-", text).lstrip(" _.-")
    return fit[:NAME_LIMIT].rstrip(" -") or "upload"


def deleted_name(universe: str) -> InputError:
    """Why nothing goes into a deleted universe."""
    return InputError(
        f"The universe {universe} was deleted: restore it first, or take another name."
    )


def deleted_universe(universe: str) -> EmptyUniverse:
    """Why nothing is read from a deleted universe."""
    return EmptyUniverse(f"The universe {universe} was deleted: restore it first.")


def no_universe(universe: str, known: Iterable[str]) -> EmptyUniverse:
    """Why there is nothing under this name."""
    names = list(known)
    mend = f"choose {listing(names)}" if names else "load data first"
    return EmptyUniverse(f"No universe {universe!r} is loaded: {mend}.")


def checked_by(by: str) -> str:
    """Who does something, without surrounding blanks. Raises InputError if it cannot be a name."""
    if len(by) > _BY_LIMIT or not by.isprintable():
        raise InputError(
            f"The name {reprlib.repr(by)} of who does this does not fit: use up to {_BY_LIMIT} "
            "printable characters."
        )
    return by.strip()
