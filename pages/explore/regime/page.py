"""Regime: the market's state and its past, what the score is worth, and the FX multiplier."""

from __future__ import annotations

import streamlit as st

from engine import tables
from engine.analytics.foretell import METHOD
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.figures.foretell import foretell_chart
from engine.figures.regime import parts_chart, regime_chart
from engine.figures.sentiment import multiplier_chart, strength_bars
from engine.market.basket import basket_drawdown
from pages.explore.regime import columns
from pages.shared import blocks, data, exports, frame

view = frame.view()
on = frame.inks()
market, fx = data.market(view), data.sentiment(view)
regime, history = market.regime, market.history
drawdown = basket_drawdown(market.basket)


def threshold_in_use() -> tuple[float | None, str]:
    """The cut's threshold and why; the state is told even where there is nothing to cut."""
    try:
        cut = data.cut(view)
    except CutlineError as error:
        return None, blocks.plain(str(error))
    return cut.threshold, cut.reason


blocks.figures_row(tables.regime_summary(regime, history, fx.multiplier, threshold_in_use()))
names = fmt.listing(regime.basket, 40)
row = blocks.note_row(f"{regime.reason} Basket: {names}. {regime.basket_reason}")
blocks.chart(
    regime_chart(history, drawdown, on), key="regime_chart",
    alt="Regime score in the bands of QUIET, NORMAL and CRISIS, above the drawdown of the basket "
    "with CRISIS shaded; the CSV holds every day.",
)  # fmt: skip
as_of = regime.as_of
files = [
    exports.csv(
        lambda: tables.regime_history_table(history, drawdown), f"regime-{as_of}.csv",
        "History as CSV", "regime_csv",
    )
]  # fmt: skip

st.subheader("Parts of the score")
st.caption("The score is their mean, and at least what the correlation alone says.")
parts = tables.component_table(regime)
blocks.table(
    parts, "parts_table", columns.COMPONENT_COLUMNS,
    alt="One row a part of the score: value, score from 0 to 1, what it measures.",
)  # fmt: skip
files.append(exports.csv(parts, f"regime-parts-{as_of}.csv", "Parts as CSV", "parts_csv"))
blocks.chart(
    parts_chart(history, on),
    key="parts_chart",
    alt="Score of volatility, correlation, absorption and turbulence through time, one row each.",
)

st.subheader("What it foretold")
foretold = data.foretold(view)
if len(foretold):
    st.caption(f"Of the 21 sessions that followed. {METHOD}.")
    blocks.chart(
        foretell_chart(foretold, on), key="foretell_chart",
        alt="Rank correlation of the score, of 21-day volatility and their difference with the "
        "next month's volatility and drawdown, with intervals; the table holds the numbers.",
    )  # fmt: skip
    blocks.table(
        foretold, "foretell_table", columns.FORETELL_COLUMNS, height="content",
        alt="One row a period, what was foretold and by what: rank correlation with its interval "
        "and the number of sessions.",
    )  # fmt: skip
    name = f"regime-foretold-{as_of}.csv"
    files.append(exports.csv(foretold, name, "Foretold as CSV", "foretell_csv"))
else:
    st.caption("The history is too short to judge: it takes 126 sessions with a score.")

st.subheader("Against large falls")
scoring = tables.scoring_table(history)
span = f"{tables.FALLS_FROM} to {tables.FALLS_TO}"
if len(scoring):
    st.caption(f"Falls of the S&P 500 by 15 % or more, {span}; no other session counts.")
    blocks.table(
        scoring, "scoring_table", columns.SCORING_COLUMNS,
        alt="One row a period: share of sessions in a fall and in CRISIS, recall, precision, "
        "falls caught, and on which session.",
    )  # fmt: skip
    files.append(exports.csv(scoring, f"regime-falls-{as_of}.csv", "Falls as CSV", "scoring_csv"))
else:
    st.caption(f"The falls are known from {span}; no session with a state lies in it.")

st.subheader("FX sentiment")
st.caption(blocks.plain(fx.reason))
left, right = st.columns([3, 2], gap="medium")
with left:
    if tables.appetite_known(fx):
        blocks.chart(
            multiplier_chart(fx, on), key="multiplier_chart",
            alt="The FX multiplier m and the appetite's deviations s through time.",
        )  # fmt: skip
        files.append(
            exports.csv(
                lambda: tables.sentiment_table(fx), f"fx-{fx.as_of}.csv", "Multiplier as CSV",
                "multiplier_csv",
            )
        )  # fmt: skip
with right:
    if fx.strengths:
        blocks.chart(
            strength_bars(fx, on),
            key="strength_chart",
            alt="Trend strength of each currency against the others, strongest first.",
        )
        files.append(
            exports.csv(
                tables.strength_table(fx), f"fx-strength-{fx.as_of}.csv", "Strengths as CSV",
                "strength_csv",
            )
        )  # fmt: skip
with row:
    exports.menu("regime_files", files)
