"""Every knob as a page of Markdown, one table a group, written from the knobs themselves."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

from engine.core.knobs import hints_of
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
            f"`{key}`", _code(f.default), _allowed(meta, hints[f.name]), meta["unit"],
            meta["meaning"], ", ".join(set_by),
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join((*lines, ""))


def _allowed(meta: Mapping[str, Any], hint: Any) -> str:
    """What a knob may be."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    allowed, shown = (meta["low"], meta["high"]), meta["shown"]
    if meta["choices"]:
        said = ", ".join(map(_code, meta["choices"]))
    elif allowed[0] is not None:
        said = _range(*allowed)
    elif bool in kinds:
        said = f"{_code(True)}, {_code(False)}"
    elif typing.get_origin(hint) is tuple:
        said = "names, between commas"
    else:
        said = "text" if str in kinds else "a date"
    if types.NoneType in kinds:
        said += f", or {_code(None)}"
    return said if shown == allowed else f"{said}; on a page {_range(*shown)}"


def _range(low: float, high: float) -> str:
    return f"{_plain(low)} to {_plain(high)}"


def _code(value: Any) -> str:
    return "–" if value == () else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    """A value as `--set` takes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)
