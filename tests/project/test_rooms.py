"""Who may know what: imports, SQL, clocks and sizes, read from the syntax trees."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from root import ROOT

ENGINE = sorted((ROOT / "engine").rglob("*.py"))
SCREEN = sorted([*(ROOT / "pages").rglob("*.py"), ROOT / "app.py"])
MAX_LINES = 320

PAGE = ROOT / "docs/architecture.md"
ROW = re.compile(r"^\| `engine/(\w+)/` \|[^|]*\|([^|]*)\|[^|]*\|$", re.MULTILINE)


def rooms() -> dict[str, frozenset[str]]:
    """Room → rooms that it may import, from the table that people read."""
    table = PAGE.read_text(encoding="utf-8")
    return {
        name: frozenset() if listed.strip() == "nothing" else frozenset(listed.strip().split(", "))
        for name, listed in ROW.findall(table)
    }


ROOMS = rooms() | {"__main__": frozenset({"cli"})}
# In a room that may be imported, but still nobody's business.
NEVER = {("cli", "sources.files"), ("cli", "sources.packaged")}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+TABLE"
    r"|CREATE\s+(UNIQUE\s+)?INDEX|PRAGMA\s|BEGIN\s+TRANSACTION)\b",
    re.IGNORECASE | re.DOTALL,
)
CLOCKS = {"now", "today", "utcnow"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def imports(tree: ast.Module) -> set[str]:
    """Every module that is imported anywhere in a file, in full; `from a import b` is a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages(tree: ast.Module) -> set[str]:
    return {module.split(".")[0] for module in imports(tree)}


def strings(tree: ast.Module) -> list[str]:
    """Text in a file but docstrings."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def calls(tree: ast.Module) -> set[str]:
    """Last part of the name of everything that is called."""
    return {
        func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        for func in (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    }


def store_internals(tree: ast.Module) -> set[str]:
    """Modules inside engine/store that are imported: a lower-case name after `engine.store.`."""
    return {m for m in imports(tree) if re.match(r"engine\.store\.[a-z]", m)}


def room(path: Path) -> str:
    inside = path.relative_to(ROOT / "engine")
    return inside.parts[0].removesuffix(".py")


def faults_in_order(own: str, modules: set[str]) -> list[str]:
    """Imports of `engine` modules that the table does not grant a room."""
    out = []
    for module in sorted(m for m in modules if m.startswith("engine.")):
        inside = module.removeprefix("engine.")
        other = inside.split(".")[0]
        if other not in ROOMS or other == own:
            continue
        never = any(own == a and (inside == b or inside.startswith(b + ".")) for a, b in NEVER)
        if never or other not in ROOMS[own]:
            out.append(module)
    return out


def edges(sources: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Module → modules of `sources` that it imports, for types alone too.

    `from package import module` is an import of the module: every package here that gathers names
    of its own modules is imported by its name, and then is in the circle itself.
    """
    out: dict[str, set[str]] = {}
    for name, tree in sources.items():
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found.add(inner if inner in sources else node.module)
        out[name] = (found & set(sources)) - {name}
    return out


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules that are left when whatever imports nothing of the rest is taken away."""
    left = {name: set(to) for name, to in graph.items()}
    while True:
        free = {name for name, to in left.items() if not to & set(left)}
        if not free:
            break
        left = {name: to for name, to in left.items() if name not in free}
    # What only leads to a circle is not in it.
    while True:
        wanted = set().union(*left.values()) if left else set()
        if set(left) <= wanted:
            return sorted(left)
        left = {name: to for name, to in left.items() if name in wanted}


def module_of(path: Path) -> str:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


def test_no_module_leads_back_to_itself() -> None:
    assert circle(edges({module_of(p): tree_of(p) for p in [*ENGINE, *SCREEN]})) == []


def test_a_circle_is_found() -> None:
    def of(*modules: str) -> ast.Module:
        return ast.parse(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            + "".join(f"    import {m}\n" for m in modules or ("os",))
        )

    tangled = {"a": of("b"), "b": of("c"), "c": of("b"), "d": of("a"), "e": of()}
    assert circle(edges(tangled)) == ["b", "c"]
    assert circle(edges({"a": of("b"), "b": of("c"), "c": of()})) == []


def test_the_page_shows_every_package() -> None:
    packages_ = {p.parent.name for p in (ROOT / "engine").glob("*/__init__.py")}
    assert set(rooms()) == packages_
    assert not [p.name for p in (ROOT / "engine").glob("*.py") if not p.name.startswith("__")]


def test_the_rooms_have_an_order() -> None:
    assert circle({name: set(to) for name, to in rooms().items()}) == []
    assert [name for to in rooms().values() for name in to if name not in rooms()] == []


def test_there_is_something_to_look_at() -> None:
    assert len(ENGINE) > 20
    assert len(SCREEN) > 3


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_engine_module(path: Path) -> None:
    tree, own = tree_of(path), room(path)
    if path.parent.name == "engine" and own == "__init__":
        assert not imports(tree), "engine/__init__.py imports nothing"
        return
    assert own in ROOMS, f"{own} is a new room: give it its place in {PAGE.name}"
    assert faults_in_order(own, imports(tree)) == []
    known = packages(tree)
    assert "streamlit" not in known
    assert "pages" not in known
    assert "app" not in known
    if own != "store":
        assert "duckdb" not in known, "only engine/store imports duckdb"
        assert store_internals(tree) == set(), "others go through engine.store itself"
        assert [text for text in strings(tree) if SQL.search(text)] == []
    if own == "store":
        assert known.isdisjoint({"scipy", "sklearn", "requests", "httpx", "urllib"})
    if own in ("analytics", "market", "allocation", "trading", "pipeline"):
        assert known.isdisjoint({"pathlib", "os", "time", "socket", "urllib", "subprocess"})
    if own not in ("cli", "__main__"):
        assert "print" not in calls(tree)
    if own not in ("desk", "store"):
        assert calls(tree).isdisjoint(CLOCKS), "only desk and store know the time"
        assert "time" not in known
    assert "getenv" not in calls(tree)
    assert "environ" not in {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_engine_modules_stay_small_and_described(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    if text.strip():
        assert ast.get_docstring(tree_of(path)), "a module says in a line what it is for"


@pytest.mark.parametrize("path", SCREEN, ids=name_of)
def test_screen_module(path: Path) -> None:
    """Pages and router: what a person sees, no maths, no SQL, no files."""
    tree = tree_of(path)
    assert packages(tree).isdisjoint({"numpy", "scipy", "sklearn", "duckdb", "pypfopt", "skfolio"})
    assert store_internals(tree) == set()
    assert [text for text in strings(tree) if SQL.search(text)] == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_no_page_lies_directly_in_pages() -> None:
    """Streamlit would serve it by itself, without sidebar and router."""
    assert sorted((ROOT / "pages").glob("*.py")) == []


# The rules are rules only if they bite.
@pytest.mark.parametrize(
    ("own", "module", "wrong"),
    [
        ("analytics", "engine.store", True),
        ("analytics", "engine.desk", True),
        ("analytics", "engine.market.panel", True),
        ("analytics", "engine.sources.files", True),
        ("analytics", "engine.params", False),
        ("market", "engine.sources.files.RawPrices", False),
        ("market", "engine.analytics.tree", True),
        ("market", "engine.pipeline", True),
        ("pipeline", "engine.market.grid", False),
        ("pipeline", "engine.store", True),
        ("store", "engine.market.quality", True),
        ("store", "engine.desk", True),
        ("desk", "engine.store", False),
        ("cli", "engine.desk", False),
        ("cli", "engine.sources.files.read_prices", True),
        ("tables", "engine.desk", True),
        ("core", "engine.params", True),
        ("sources", "engine.trading", True),
        ("allocation", "engine.trading", True),
    ],
)
def test_the_order_bites(own: str, module: str, wrong: bool) -> None:
    assert bool(faults_in_order(own, {module})) == wrong


def test_the_other_rules_bite() -> None:
    tree = ast.parse(
        '"""SELECT a FROM b is a docstring."""\nimport duckdb\nfrom streamlit import cache_data\n'
        'x = "select *\\n from prices"\ndt.datetime.now()\nprint(x)\n'
    )
    assert packages(tree) == {"duckdb", "streamlit"}
    assert [text for text in strings(tree) if SQL.search(text)] == ["select *\n from prices"]
    assert {"now", "print"} <= calls(tree)
    assert store_internals(ast.parse("from engine.store.prices import x")) != set()
    assert store_internals(ast.parse("from engine.store import Store")) == set()
