"""What `--help` says of an option that sets a knob is what the knob says."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import datetime as dt
import re
from typing import Any

import pytest
from root import ROOT

from engine.cli.arguments.shared import SHORTHANDS
from engine.cli.main import build_parser
from engine.core.knobs import written
from engine.params import PRESETS, Params, all_knobs, knob_of
from engine.sources.simulation.spec import SimulationSpec

CLI = ROOT / "engine" / "cli"
KNOBS = {key for key, _ in SHORTHANDS.values()}


def helps() -> dict[str, set[str]]:
    """Option → its part of `--help`, of every command that has it, in one line."""
    commands = next(a.choices for a in build_parser()._actions if a.choices)
    said: dict[str, set[str]] = {}
    for command in commands.values():
        for action in command._actions:
            formatter = command._get_formatter()
            formatter.add_argument(action)
            text = " ".join(formatter.format_help().split())
            for flag in action.option_strings:
                said.setdefault(flag, set()).add(text)
    return said


def another(key: str) -> Any:
    """A value that is no knob's default."""
    one = knob_of(key)
    if one.metadata["choices"]:
        return next(word for word in one.metadata["choices"] if word != one.default)
    if isinstance(one.default, tuple):
        return ("zinc",)
    if key == "data.as_of":
        return dt.date(2001, 2, 3)
    return 1234 if isinstance(one.default, int) else 0.0567


@pytest.mark.parametrize("flag", SHORTHANDS)
def test_a_changed_default_is_what_help_says(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = SHORTHANDS[flag]
    before, value = helps()[flag], another(key)
    group, _, name = key.partition(".")
    fields = [
        (f.name, f.type, dataclasses.field(default=value, metadata=f.metadata))
        if f.name == name
        else (f.name, f.type, f)
        for f in dataclasses.fields(Params.GROUPS[group])
    ]
    namespace = {"__module__": Params.GROUPS[group].__module__}  # in which its types are known
    other = dataclasses.make_dataclass("Other", fields, frozen=True, namespace=namespace)
    monkeypatch.setitem(Params.GROUPS, group, other)
    after = helps()[flag]
    assert before and all(f"default {written(value)}" not in text for text in before)
    assert all(f"default {written(value)}" in text for text in after)


@pytest.mark.parametrize("flag", SHORTHANDS)
def test_help_says_meaning_range_and_presets(flag: str) -> None:
    key, _ = SHORTHANDS[flag]
    meta = knob_of(key).metadata
    for text in helps()[flag]:
        assert meta["meaning"] in text and key in text
        assert all(word in text for word in meta["choices"])
        if meta["low"] is not None:
            assert f"{written(meta['low'])} to {written(meta['high'])}" in text
        for name, settings in PRESETS.items():
            assert (f"{name} {written(settings.get(key))}" in text) == (key in settings)


def test_a_percent_sign_in_a_meaning_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.cli.arguments.shared.describe", lambda key: f"{key} in %s, 5 %")
    (text,) = helps()["--alpha"]
    assert text.endswith("within.alpha in %s, 5 %")


def test_no_argument_repeats_a_default() -> None:
    """In no text or number that an argument is described with stands what a knob has by default."""
    numbers = {one.default for _, one in all_knobs() if isinstance(one.default, int | float)}
    words = {written(knob_of(key).default) for key in KNOBS} - {"", "none"}
    sizes = {f.default for f in dataclasses.fields(SimulationSpec)}
    found = []
    for path in sorted(CLI.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and _name(call) == "add_argument"):
                continue
            values = [n.value for n in ast.walk(call) if isinstance(n, ast.Constant)]
            for text in (v for v in values if isinstance(v, str)):
                said = re.findall(r"\d+(?:\.\d+)?|\w+", text)
                found += [w for w in said if w in words or w in map(written, numbers - {0, 1})]
            found += [
                v for v in values if type(v) in (int, float) and v in (numbers | sizes) - {0, 1}
            ]
    assert found == []


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def test_size_of_a_simulation_is_the_specs() -> None:
    given = build_parser().parse_args(["simulate"])
    assert (given.assets, given.sessions) == (SimulationSpec.n_assets, SimulationSpec.n_sessions)


def test_every_shorthand_is_an_option_of_a_command() -> None:
    assert set(SHORTHANDS) <= set(helps())
    assert isinstance(build_parser(), argparse.ArgumentParser)
