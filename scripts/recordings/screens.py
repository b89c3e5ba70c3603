"""Pages by AppTest, as text: a line an element, with all that the browser would be told of it."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import hashlib
import json
import logging
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

LIMIT_S = 300
DIGITS = 9
LONG, MANY = 8, 60  # longer lists of numbers, or of texts, are told by their length and sums
# Made anew at each run, of a page script's path, or of how parameters are written in the code.
UNSTABLE = ("page_script_hash", "deferred_file_id", "url", "uuid", "stack_trace", "tree_key")
# An id is a hash over what else is recorded, then the key.
ID = re.compile(r"\$\$ID-[0-9a-f]+-")
PRESETS = ("roadmap", "evidence")
DAYS: tuple[dict[str, str], ...] = ({}, {"as_of": "2020-03-31"})
# Beside every page: the other slider of Ward linkage, another universe's absence, a bad address.
ODD = (
    ("clusters", {"linkage": "ward", "auto": "off", "h": "1.2"}),
    ("sensitivity", {"linkage": "ward"}),
    ("clusters", {"t": "7", "preset": "none", "universe": "nobody", "lookback": "abc"}),
    ("allocation", {"profile": "risk_parity", "layers": "single", "linkage": "complete"}),
)
HELD = {"universe": "packaged", "portfolio": "main"}
# Which warns of every AppTest that it is no server.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
downloads: list[dict[str, Any]] = []


def pages_of(root: Path) -> dict[str, str]:
    """Title → address of every page, from the router, the default one as ''.

    A page without an address of its own has its script's name.
    """
    found = {}
    for node in ast.walk(ast.parse((root / "app.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Page":
            given = {word.arg: word.value for word in node.keywords}
            title = given["title"]
            # A title may also be a name, as frame.DATA.
            name = title.value if isinstance(title, ast.Constant) else ast.unparse(title)
            address = Path(ast.literal_eval(node.args[0])).stem
            if "url_path" in given:
                address = ast.literal_eval(given["url_path"])
            found[str(name).rpartition(".")[2].lower()] = "" if "default" in given else address
    return found


def stages(stage: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Page and address of each recording at a stage of the walk."""
    every = ("overview", "clusters", "sensitivity", "regime", "fragility", "allocation", "drift",
             "tickets", "data")  # fmt: skip
    if stage == "empty":
        yield from (("overview", {}), ("data", {}))
    elif stage == "packaged":
        for preset in PRESETS:
            for day in DAYS:
                yield from ((page, {"universe": "packaged", "preset": preset} | day)
                            for page in every)  # fmt: skip
        yield from ODD
    elif stage in ("proposed", "approved"):
        yield "tickets", HELD | {"as_of": "2019-12-31", "part": "tickets"}
    elif stage == "traded":
        for preset in PRESETS:
            for day in DAYS:
                yield from (
                    (page, HELD | {"preset": preset} | day) for page in ("drift", "tickets")
                )
        yield "drift", HELD | {"as_of": "2020-04-30", "phi": "0.5", "dest": "edge"}
        yield "tickets", HELD | {"as_of": "2020-04-30", "part": "tickets"}
        yield "allocation", {"universe": "packaged", "as_of": "2019-12-31"}
    else:
        yield "drift", HELD | {"as_of": "2020-05-29"}
        yield "drift", {"universe": "packaged", "portfolio": "third", "as_of": "2021-03-31"}
        yield "tickets", HELD | {"as_of": "2020-05-29", "part": "tickets"}
        yield "overview", {"universe": "small"}
        yield "data", {"universe": "sim-0"}


def record(root: Path, database: Path, stage: str) -> Iterator[tuple[str, str]]:
    """Name and text of every page at a stage."""
    pages, known = pages_of(root), sys.argv
    plain, st.download_button = st.download_button, _noted(st.download_button)
    try:
        sys.argv = ["streamlit", "--db", str(database)]
        for page, address in stages(stage):
            downloads.clear()
            test = AppTest.from_file(str(root / "app.py"), default_timeout=LIMIT_S)
            if pages[page]:
                # `switch_page` knows an address of a page's own only after a run.
                test._page_hash = calc_hash(pages[page])
            test.query_params.update(address)
            test.run()
            asked = "-".join(v for k, v in address.items() if k != "universe" or len(address) == 1)
            yield f"{page}-{asked}".rstrip("-"), "".join(map(text_of, sections(test)))
    finally:
        st.download_button, sys.argv = plain, known


def sections(test: AppTest) -> Iterator[AppTest]:
    """The page as it is, then with each other of its sections open, if it has any."""
    yield test
    names, key = [tab.label for tab in test.tabs], ""
    for known in test.query_params:
        key = known if known.endswith("_part") else key
    if key:
        now = test.session_state[key]
        for name in names:
            if name != now:
                test.session_state[key] = name
                yield test.run()


def _noted(plain: Any) -> Any:
    """The widget, which also writes down what would be downloaded."""

    def button(label: str, data: Any, *given: Any, **named: Any) -> Any:
        content = data() if callable(data) else data
        content = content.encode() if isinstance(content, str) else bytes(content)
        text = content.decode("utf-8", "replace")
        downloads.append(
            {"label": label, "file": named.get("file_name"), "mime": named.get("mime"),
             "head": rounded_text(text).splitlines()[:2] if "\0" not in text else "",
             "lines": text.count("\n"), "content": digest(rounded_text(text))}
        )  # fmt: skip
        return plain(label, data, *given, **named)

    return button


def text_of(test: AppTest) -> str:
    """The address, every element in its place, and what can be downloaded."""
    address = {key: test.query_params[key] for key in sorted(test.query_params)}
    lines = [f"address {dumped(address)}"]
    for node in test._tree.children.values():
        lines += _lines(node, 0)
    lines += [f"download {dumped(reduced(found))}" for found in downloads]
    return "\n".join(lines) + "\n"


def _lines(node: Any, depth: int) -> Iterator[str]:
    """A block with what is in it, or an element."""
    pad = "  " * depth
    proto = getattr(node, "proto", None)
    told = {} if proto is None else MessageToDict(proto, preserving_proto_field_name=True)
    if hasattr(node, "children"):
        yield f"{pad}[{node.type}] {dumped(reduced(told))}"
        for child in node.children.values():
            yield from _lines(child, depth + 1)
        return
    inside: list[str] = []
    if node.type in ("dataframe", "arrow_data_frame", "table", "arrow_table"):
        style = told.pop("arrow_data", {}).get("styler", {})
        inside = list(_table(node.value))
        if style.get("styles"):
            inside.append(f"styles {dumped(style['styles'].replace(style['uuid'], ''))}")
    elif "spec" in told:
        inside = list(_chart(json.loads(told.pop("spec"))))
    elif "json" in told:  # the data of a component of our own
        values = reduced(json.loads(told.pop("json")))
        inside = [f"data.{name} {dumped(value)}" for name, value in values.items()]
    elif "id" in told:
        told["= value"] = node.value
    yield f"{pad}{node.type} {dumped(reduced(told))}"
    yield from (f"{pad}    {line}" for line in inside)


def _table(frame: pd.DataFrame) -> Iterator[str]:
    yield f"shape {list(frame.shape)}"
    yield f"columns {dumped([[str(n), str(t)] for n, t in frame.dtypes.items()])}"
    numbered = isinstance(frame.index, pd.RangeIndex)
    for label, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        yield f"row {'' if numbered else f'{label} '}{dumped([reduced(cell) for cell in row])}"


def _chart(spec: dict[str, Any]) -> Iterator[str]:
    layout = spec.get("layout", {})
    layout["template"] = digest(dumped(layout.get("template")))
    yield from (f"trace {dumped(reduced(trace))}" for trace in spec.get("data", []))
    yield from (f"layout.{name} {dumped(reduced(layout[name]))}" for name in sorted(layout))
    yield from (f"{name} {dumped(reduced(v))}" for name, v in spec.items()
                if name not in ("data", "layout"))  # fmt: skip


def reduced(value: Any) -> Any:
    """Plain values: numbers rounded, long lists by their sums, text without what is made anew."""
    if isinstance(value, dict):
        if "bdata" in value:  # plotly's packed numbers
            packed = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))
            return {"shape": value.get("shape"), "packed": reduced(packed.tolist())}
        return {key: reduced(item) for key, item in value.items() if key not in UNSTABLE}
    if isinstance(value, list | tuple | np.ndarray):
        return _reduced_list(list(value))
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, float | np.floating):
        return rounded(float(value))
    if isinstance(value, str):
        return _reduced_text(value)
    if isinstance(value, dt.date | pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else str(value)


def _reduced_list(items: list[Any]) -> Any:
    numbers = [x for x in items if isinstance(x, int | float | np.number) and math.isfinite(x)]
    if len(items) <= LONG:
        return [reduced(item) for item in items]
    if numbers and all(x is None or isinstance(x, int | float | np.number) for x in items):
        # The second sum tells their order.
        weighted = math.fsum(k * float(x) for k, x in enumerate(numbers, start=1))
        return {"n": len(items), "known": len(numbers),
                "sum": rounded(math.fsum(numbers)), "in order": rounded(weighted)}  # fmt: skip
    if len(items) > MANY and all(isinstance(x, str) for x in items):
        return {"n": len(items), "first": items[:3], "text": digest(rounded_text("\n".join(items)))}
    return [reduced(item) for item in items]


def _reduced_text(text: str) -> Any:
    if len(text) > 1 and text[0] in "{[" and text[-1] in "}]":
        try:
            return reduced(json.loads(text))  # the configuration of columns, a component's data
        except ValueError:
            pass
    text = ID.sub("ID-", text)
    return f"{len(text)} characters {digest(text)}" if len(text) > 4000 else text


def rounded(number: float) -> float | str:
    """To so many digits, and what is next to nothing to 0."""
    if not math.isfinite(number):
        return str(number)
    return round(float(f"{number:.{DIGITS}g}"), DIGITS + 1) + 0.0


def rounded_text(text: str) -> str:
    """Long decimal fractions in a text to so many digits."""
    return re.sub(r"-?\d+\.\d{7,}(e-?\d+)?", lambda m: str(rounded(float(m[0]))), text)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
