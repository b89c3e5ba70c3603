"""What the result of each stage depends on: its own groups and knobs and those before it.

Read off the signatures; a cache of a stage's result is keyed by the snapshot and these.
"""

from __future__ import annotations

from engine.market.panel import build_panel
from engine.params.stages import key_of
from engine.pipeline.build import allocated, assess_risk, cluster_fragility
from engine.pipeline.explore import correlate, cut_tree, grow, sweep_tree
from engine.pipeline.over_time import clusters_over_time
from engine.pipeline.state import as_of_date, basket_of, fx_sentiment, market_state

AS_OF = key_of(as_of_date)
BASKET = key_of(basket_of)
MARKET = key_of(market_state)
FX = key_of(fx_sentiment)
PANEL = key_of(build_panel)
CORRELATION = key_of(PANEL, correlate)
TREE = key_of(CORRELATION, grow)
SWEEP = key_of(TREE, sweep_tree)
RISK = key_of(CORRELATION, BASKET, assess_risk)
CUT = key_of(TREE, MARKET, cut_tree)
CLUSTER_RISK = key_of(CUT, RISK, cluster_fragility)
PORTFOLIO = key_of(CLUSTER_RISK, FX, allocated)
# Whatever the threshold in use: the sweep has its own.
WHATIF = tuple(k for k in key_of(PORTFOLIO, ("sweep", "trade")) if k != "tree.threshold")
OVER_TIME = key_of(CLUSTER_RISK, clusters_over_time)
