"""docs/knobs.md says of every knob what the knob itself says."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest
from root import ROOT

from engine.core.knobs import knob
from engine.params import Params, all_knobs, chosen
from engine.tables.knobs import group_section, knobs_page


@dataclass(frozen=True)
class Example:
    """What a page is made of.

    This is not said.
    """

    share: float = knob(0.05, "Part | of all", low=0.0, high=1.0, shown=(0.1, 0.5))
    days: int | None = knob(None, "How long", low=1, high=1e9, unit="days")
    mode: str = knob("a", "Way", choices=("a", "b"))
    on: bool = knob(True, "Whether")
    names: tuple[str, ...] = knob((), "Which")


def test_the_page_is_as_the_knobs_are() -> None:
    page = (ROOT / "docs" / "knobs.md").read_text(encoding="utf-8")
    assert page == knobs_page(), "write it anew: python scripts/knobs.py"


def test_a_row_by_hand() -> None:
    rows = group_section("example", Example, {"roadmap": {}, "evidence": {"example.share": 0.1}})
    assert (
        rows
        == """\
## example

What a page is made of.

| knob | default | range or choices | unit | meaning | presets |
|---|---|---|---|---|---|
| `example.share` | `0.05` | 0 to 1; on a page 0.1 to 0.5 |  | Part \\| of all | evidence: `0.1` |
| `example.days` | `none` | 1 to 1000000000, or `none` | days | How long |  |
| `example.mode` | `a` | `a`, `b` |  | Way |  |
| `example.on` | `true` | `true`, `false` |  | Whether |  |
| `example.names` | – | names, between commas |  | Which |  |
"""
    )


def test_another_default_makes_another_page(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Params.GROUPS["panel"]
    fields = [(f.name, f.type, f) for f in dataclasses.fields(panel)]
    lookback = knob(201, "Length of the window", low=20, high=2600, unit="weekdays")
    other = dataclasses.make_dataclass(
        "Other", [(n, t, lookback if n == "lookback" else f) for n, t, f in fields], frozen=True
    )
    before = knobs_page()
    monkeypatch.setitem(Params.GROUPS, "panel", other)
    assert knobs_page() != before


@pytest.mark.parametrize("key", [key for key, _ in all_knobs()])
def test_a_default_can_be_set_as_it_is_written(key: str) -> None:
    (row,) = (line for line in knobs_page().splitlines() if line.startswith(f"| `{key}` |"))
    written = row.split(" | ")[1].strip("`")
    given = "" if written == "–" else written
    assert chosen("roadmap", {key: given}).at(key) == Params().at(key)
