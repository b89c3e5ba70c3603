"""What a knob is: a dataclass field with its range; how text or JSON becomes its value; its checks.

Every refusal is a ParamError of one sentence that names the knob.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
import reprlib
import types
import typing
from collections.abc import Callable
from dataclasses import field
from typing import Any

from engine.core.errors import ParamError
from engine.core.listed import split_names


class _Unset(enum.Enum):
    """Stands for "not given", where None is a value."""

    UNSET = enum.auto()


UNSET = _Unset.UNSET


def knob(
    default: Any,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    shown: tuple[float, float] | None = None,
    step: float | None = None,
    percent: bool = False,
    first: Any = UNSET,
) -> Any:
    """A dataclass field that carries all there is to say of a knob.

    low, high: what is allowed. shown: the range that a control offers, within what is allowed; by
    default all of it. step: of a control. percent: a fraction that a control shows in %; low, high,
    shown and step are fractions all the same.
    first: the value that equals the behaviour before this knob existed: what a record without it
    was made with, and what is left out of a record, so that older ids stay. Only for knobs that
    came after the first stored run.
    """
    return field(
        default=default,
        metadata={
            "meaning": meaning, "low": low, "high": high, "unit": unit, "choices": choices,
            "shown": shown or (low, high), "step": step, "percent": percent, "first": first,
        },
    )  # fmt: skip


@functools.cache
def hints_of(group: Any) -> dict[str, Any]:
    """Type of each knob of a group."""
    return typing.get_type_hints(group)


def coerce(key: str, value: Any, kind: Any) -> Any:
    """Text or JSON value to the knob's type; 'auto', 'none' and '' mean none where allowed."""
    if isinstance(kind, types.UnionType):
        if value is None or str(value).strip().lower() in {"", "auto", "none"}:
            return None
        kind = _without_none(kind)
    try:
        if typing.get_origin(kind) is tuple:
            return texts_of(key, split_names(value) if isinstance(value, str) else value)
        if kind is bool:
            return _to_bool(value)
        if kind is dt.date:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        if kind is str and not isinstance(value, str):
            raise TypeError(value)
        # True is 1 to Python, and 200.5 would lose its half.
        if isinstance(value, bool) or (
            kind is int and isinstance(value, float) and not value.is_integer()
        ):
            raise ValueError(value)
        return kind(value)
    except (ValueError, TypeError, OverflowError, ParamError) as error:
        raise _does_not_fit(key, value, kind) from error


def _without_none(kind: Any) -> Any:
    return next((k for k in typing.get_args(kind) if k is not type(None)), kind)


def _does_not_fit(key: str, value: Any, kind: Any) -> ParamError:
    wanted = {
        bool: "true or false", dt.date: "a date YYYY-MM-DD", int: "a whole number",
        float: "a number", str: "text",
    }  # fmt: skip
    return ParamError(
        f"{key} = {reprlib.repr(value)} is not {wanted.get(kind, 'a list of names')}."
    )


def texts_of(key: str, values: Any) -> tuple[str, ...]:
    """Texts, stripped, each once, in order. Raises ParamError if one is not text."""
    if not isinstance(values, list | tuple | set) or not all(isinstance(v, str) for v in values):
        raise _does_not_fit(key, values, tuple)
    return tuple(sorted({name.strip() for name in values} - {""}))


def names_of(key: str, values: Any) -> tuple[str, ...]:
    """As `texts_of`, in lower case."""
    return tuple(sorted({name.lower() for name in texts_of(key, values)}))


def _to_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in {"true", "yes", "on", "1"}:
        return True
    if text in {"false", "no", "off", "0"}:
        return False
    raise ValueError(value)


def check_group(group_name: str, group: Any) -> None:
    """Raise ParamError for the first knob of a group whose type, choice or range does not fit."""
    hints = hints_of(typing.cast(Any, type(group)))
    for f in dataclasses.fields(group):
        value, meta = getattr(group, f.name), f.metadata
        key = f"{group_name}.{f.name}"
        kind = hints[f.name]
        if not _is_a(value, kind):
            raise _does_not_fit(key, value, _without_none(kind))
        if meta["choices"] and value not in meta["choices"]:
            raise ParamError(f"{key} = {value!r}: choose one of {', '.join(meta['choices'])}.")
        if value is None or meta["low"] is None:
            continue
        if not meta["low"] <= value <= meta["high"]:  # also refuses NaN
            unit = f" {meta['unit']}" if meta["unit"] else ""
            shown = reprlib.repr(value)
            raise ParamError(f"{key} = {shown} is outside {meta['low']} to {meta['high']}{unit}.")


def written(value: Any) -> str:
    """A value as text that `coerce` takes back."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)


def span(low: float, high: float) -> str:
    """A range in words."""
    return f"{written(low)} to {written(high)}"


def allowed(one: dataclasses.Field, hint: Any, show: Callable[[Any], str] = written) -> str:
    """What a knob may be, in words. show: how a single value is said."""
    meta = one.metadata
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if meta["choices"]:
        said = ", ".join(map(show, meta["choices"]))
    elif meta["low"] is not None:
        said = span(meta["low"], meta["high"])
    elif bool in kinds:
        said = f"{show(True)}, {show(False)}"
    elif typing.get_origin(hint) is tuple:
        said = "names, between commas"
    else:
        said = "text" if str in kinds else "a date YYYY-MM-DD"
    return f"{said}, or {show(None)}" if types.NoneType in kinds else said


def _is_a(value: Any, kind: Any) -> bool:
    """Whether a value has the knob's type; a whole number also counts as a number."""
    if isinstance(kind, types.UnionType):
        return value is None or _is_a(value, _without_none(kind))
    if typing.get_origin(kind) is tuple:
        return isinstance(value, tuple)  # what is in it was checked by `texts_of`
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)
