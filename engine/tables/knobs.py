"""Every knob as a page of Markdown, one table a group, written from the knobs themselves."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Mapping
from typing import Any

from engine.core.knobs import allowed, hints_of, span, written
from engine.params import PRESETS, Params

_HEAD = """\
# Knobs

Written by `python scripts/knobs.py` from `engine/params/`; a test compares. Values are as
`--set group.knob=VALUE` takes them: fractions, not %. *On a page*: what its control offers, where
that is less than what is allowed. *Presets*: which preset sets the knob to what; the others leave
the default.
"""


def knobs_page() -> str:
    """The page, with all groups in their order."""
    parts = (group_section(name, group, PRESETS) for name, group in Params.GROUPS.items())
    return "\n".join((_HEAD, *parts))


def group_section(name: str, group: type[Any], presets: Mapping[str, Mapping[str, Any]]) -> str:
    """One group: heading, what it is for, one row a knob."""
    hints = hints_of(typing.cast(Any, group))
    lines = [
        f"## {name}", "", (inspect.getdoc(group) or "").partition("\n")[0], "",
        "| knob | default | range or choices | unit | meaning | presets |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for f in dataclasses.fields(group):
        key, meta = f"{name}.{f.name}", f.metadata
        set_by = [f"{p}: {_code(s[key])}" for p, s in presets.items() if key in s]
        cells = (
            f"`{key}`", _code(f.default), _allowed(f, hints[f.name]), meta["unit"],
            meta["meaning"], ", ".join(set_by),
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join((*lines, ""))


def _allowed(one: dataclasses.Field, hint: Any) -> str:
    """What a knob may be, and what of it a page offers."""
    said, shown = allowed(one, hint, _code), one.metadata["shown"]
    whole = (one.metadata["low"], one.metadata["high"])
    return said if shown == whole else f"{said}; on a page {span(*shown)}"


def _code(value: Any) -> str:
    return "–" if value == () else f"`{written(value)}`"
