"""Callbacks of the pages: none trusts that a widget's value is there.

A browser may tell of a control before it has its value (a slider moved soon after a cold start), or
of one that another session drew (the server was started anew under an open page). What each
callback does then is tested with the controls: see test_controls.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from root import ROOT

from pages.shared import tree

Function = ast.FunctionDef | ast.Lambda


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


TREES = {
    module_of(p): ast.parse(p.read_text(encoding="utf-8"))
    for p in sorted((ROOT / "pages").rglob("*.py"))
}
FUNCTIONS = {
    module: {n.name: n for n in ast.walk(tree_) if isinstance(n, ast.FunctionDef)}
    for module, tree_ in TREES.items()
}


def imported(tree_: ast.AST) -> dict[str, str]:
    """Name in a module → what it stands for, in full."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree_)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


NAMES = {module: imported(tree_) for module, tree_ in TREES.items()}


def found(module: str, name: ast.expr) -> tuple[str, Function] | None:
    """The function that an expression in a module means, if it is one of the pages'."""
    if isinstance(name, ast.Lambda):
        return module, name
    if isinstance(name, ast.Name) and name.id in FUNCTIONS[module]:
        return module, FUNCTIONS[module][name.id]
    written = ast.unparse(name)
    first, dot, rest = written.partition(".")
    at, _, last = (NAMES[module].get(first, "") + dot + rest).rpartition(".")
    function = FUNCTIONS.get(at, {}).get(last)
    return (at, function) if function else None


def callbacks() -> Iterator[tuple[str, Function]]:
    """What is given to a widget as on_…, also by way of a dictionary of arguments."""
    for module, tree_ in TREES.items():
        for node in ast.walk(tree_):
            given: list[tuple[str, ast.expr]] = []
            if isinstance(node, ast.Call):
                given = [(word.arg or "", word.value) for word in node.keywords]
            elif isinstance(node, ast.Dict):
                given = [
                    (str(getattr(key, "value", "")), value)
                    for key, value in zip(node.keys, node.values, strict=True)
                ]
            for word, value in given:
                if word.startswith("on_") and (hit := found(module, value)):
                    yield hit


def reached(module: str, function: Function) -> Iterator[tuple[str, Function]]:
    """The function, and those of the pages that it calls."""
    seen: set[int] = set()
    todo = [(module, function)]
    while todo:
        module, function = todo.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        yield module, function
        for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
            if hit := found(module, call.func):
                todo.append(hit)


def trusting(function: Function) -> list[int]:
    """Lines that read `st.session_state[…]`, under whatever name: absent, that is a KeyError."""
    names = set()

    def is_state(node: ast.expr) -> bool:
        return (isinstance(node, ast.Attribute) and node.attr == "session_state") or (
            isinstance(node, ast.Name) and node.id in names
        )

    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            pairs = [(node.targets[0], node.value)]
            if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
                pairs = list(zip(node.targets[0].elts, node.value.elts, strict=True))
            names |= {t.id for t, v in pairs if isinstance(t, ast.Name) and is_state(v)}
    return [
        n.lineno
        for n in ast.walk(function)
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load) and is_state(n.value)
    ]


def test_no_callback_takes_a_value_for_granted() -> None:
    known = list(callbacks())
    names = {getattr(f, "name", "lambda") for _, f in known}
    assert {
        "linkage_changed", "_cap_typed", "_manual", "set_threshold", "reset", "found_asset", "_add",
        "_undo", "_remove", "_create", "_move", "_hold", "_record", "_take", "picked_in_table",
        "picked_on_tree", "pressed", "save",
    } <= names  # fmt: skip
    wrong = {
        f"{module}.{getattr(function, 'name', 'lambda')}:{line}"
        for start in known
        for module, function in reached(*start)
        for line in trusting(function)
    }
    assert wrong == set()


def test_the_rule_sees_what_it_forbids() -> None:
    for text in (
        "def f():\n    return st.session_state['a']",
        "def f():\n    state, x = st.session_state, 1\n    return lambda: state['a']",
        "def f():\n    s = st.session_state\n    if s['a'] is None: pass",
    ):
        assert trusting(ast.parse(text).body[0]), text  # type: ignore[arg-type]
    fine = "def f():\n    st.session_state['a'] = st.session_state.get('b')"
    assert not trusting(ast.parse(fine).body[0])  # type: ignore[arg-type]


def test_calls_are_followed_into_other_modules() -> None:
    start = "pages.shared.controls.trading", FUNCTIONS["pages.shared.controls.trading"]["reset"]
    names = {(module, getattr(f, "name", "")) for module, f in reached(*start)}
    assert ("pages.shared.controls.values", "let_go") in names
    assert ("pages.shared.address", "ours") in names


def test_the_tree_of_a_session_that_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(st, "session_state", {})

    def mount(
        key: str,
        data: Any,
        on_cut_change: Callable[[], None],
        on_pick_change: Callable[[], None],
    ) -> None:
        on_cut_change()
        on_pick_change()

    monkeypatch.setattr(tree, "_mount", mount)
    tree.tree({}, "tree", told.append, lambda *picked: told.append(picked))
    assert told == []
    st.session_state["tree"] = SimpleNamespace(cut=0.5, pick={"cluster": 3, "symbol": None})
    tree.tree({}, "tree", told.append, lambda *picked: told.append(picked))
    assert told == [0.5, (3, None)]
