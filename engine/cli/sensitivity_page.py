"""The sensitivity report as one HTML file that needs nothing from outside."""

from __future__ import annotations

from html import escape
from string import Template

import pandas as pd

from engine import tables
from engine.core import format as fmt
from engine.desk import Opened
from engine.figures.palette import LIGHT
from engine.figures.sweep import sweep_chart
from engine.params import Params
from engine.pipeline import Analysis, Swept

# What the policy does not name is not loaded: the file cannot ask for anything outside.
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { margin: 24px auto; max-width: 1120px; padding: 0 16px; background: $paper; color: $ink;
  font: 14px/1.5 -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 24px 0 8px; }
p { margin: 4px 0; } .muted { color: $muted; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 12px; border-bottom: 1px solid $grid; text-align: right; }
th:first-child, td:first-child { text-align: left; }
code { font-family: "Liberation Mono", Menlo, Consolas, monospace; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="muted">$facts</p>
<p>$reason</p>
$chart
<h2>Every threshold</h2>
$table
<h2>Notes</h2>
$notes
<h2>Parameters</h2>
$parameters
<h2>Data</h2>
<p>$source</p>
<p>Snapshot <code>$snapshot</code></p>
</body>
</html>
""")

_HEADINGS = {
    "t": "t", "clusters": "clusters", "largest": "largest", "alone": "alone",
    "alone_share": "alone, %", "mean_rho": "mean ρ inside", "silhouette": "silhouette",
}  # fmt: skip


def sensitivity_page(
    opened: Opened, result: Analysis, swept: Swept, params: Params, notes: tuple[str, ...]
) -> str:
    """The page: as-of date, suggested t with its reason, chart, table, parameters, snapshot id.

    params: those of the analysis. plotly.js is inside (about 5 MB). All text from
    data is escaped.
    """
    info = opened.snapshot.info
    panel, cut = result.panel, result.cut
    chart = sweep_chart(
        swept.sweep, swept.suggestion, cut.threshold, len(cut.clusters), LIGHT, seeds=swept.seeds
    )
    facts = (
        f"As of {fmt.day(panel.as_of)} · {fmt.count(len(panel.symbols), 'asset')} · "
        f"{result.tree.method} linkage · {fmt.count(params.panel.lookback, 'weekday')} · "
        f"returns over {fmt.count(panel.horizon, 'day')} in {panel.base_currency}"
    )
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return _PAGE.substitute(
        title=escape(f"Sensitivity of the clusters to the threshold: {info.name}"),
        facts=escape(facts),
        reason=escape(swept.suggestion.reason),
        chart=chart.to_html(
            full_html=False, include_plotlyjs=True,
            config={"displayModeBar": False, "responsive": True},
        ),
        table=_table(swept),
        notes=f"<ul>{listed}</ul>" if listed else "<p>None.</p>",
        parameters=_parameters(params),
        source=escape(
            f"Source: {info.source}. Closes from {fmt.day(info.first)} to {fmt.day(info.last)}."
        ),
        snapshot=escape(info.snapshot_id),
        ink=LIGHT.ink, muted=LIGHT.muted, grid=LIGHT.grid, paper=LIGHT.paper,
    )  # fmt: skip


def _table(swept: Swept) -> str:
    table = tables.sweep_table(swept.sweep).rename(columns=_HEADINGS)
    digits = {"alone, %": 0, "mean ρ inside": 2, "silhouette": 3}
    text = {name: [fmt.number(value, digits[name]) for value in table[name]] for name in digits} | {
        "t": [fmt.threshold(t) for t in table["t"]]
    }
    return table.assign(**text).to_html(index=False, border=0)


def _parameters(params: Params) -> str:
    rows = [
        (f"{group}.{name}", "none" if value in (None, []) else str(value))
        for group, values in params.to_json().items()
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["parameter", "value"]).to_html(index=False, border=0)
