"""The sensitivity report as one HTML file that needs nothing from outside."""

from __future__ import annotations

import pandas as pd

from engine import tables
from engine.core import format as fmt
from engine.core.html import rendered
from engine.core.symbols import named
from engine.desk import Opened
from engine.figures.palette import LIGHT
from engine.figures.sweep import sweep_chart
from engine.params import Params
from engine.pipeline import Analysis, Swept

_HEADINGS = {
    "t": "t", "clusters": "clusters", "largest": "largest", "alone": "alone",
    "alone_share": "alone, %", "mean_rho": f"mean {named('ρ')} inside", "silhouette": "silhouette",
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
    return rendered(
        "cli/scripts", "sensitivity.html.j2",
        title=f"Sensitivity of the clusters to the threshold: {info.name}",
        facts=facts,
        reason=swept.suggestion.reason,
        chart=chart.to_html(
            full_html=False, include_plotlyjs=True,
            config={"displayModeBar": False, "responsive": True},
        ),
        table=_table(swept),
        notes=notes,
        parameters=_parameters(params),
        source=f"Source: {info.source}. Closes from {fmt.day(info.first)} to {fmt.day(info.last)}.",
        snapshot=info.snapshot_id,
        ink=LIGHT.ink, muted=LIGHT.muted, grid=LIGHT.grid, paper=LIGHT.paper,
    )  # fmt: skip


def _table(swept: Swept) -> str:
    table = tables.sweep_table(swept.sweep).rename(columns=_HEADINGS)
    digits = {"alone, %": 0, f"mean {named('ρ')} inside": 2, "silhouette": 3}
    text = {name: [fmt.number(value, digits[name]) for value in table[name]] for name in digits} | {
        "t": [fmt.threshold(t) for t in table["t"]]
    }
    return table.assign(**text).to_html(index=False, border=0)


def _parameters(params: Params) -> str:
    rows = [
        (f"{group}.{name}", "none" if value in (None, []) else str(value))
        for group, values in params.to_json().items()
        if group not in ("drift", "trade")  # of which no cluster depends
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["parameter", "value"]).to_html(index=False, border=0)
