"""The order of the stages. Each is a function of the stages before it and of its own parameters.

Pages, command line and scripts call these and nothing else, so they agree by construction.
"""

from engine.market.panel import build_panel
from engine.pipeline.build import (
    Portfolio,
    Risk,
    allocated,
    allocation_inputs,
    assess_risk,
    cluster_fragility,
    optimise,
    within_clusters,
)
from engine.pipeline.explore import (
    Analysis,
    Cut,
    Swept,
    analyse,
    correlate,
    cut_tree,
    grow,
    sweep_document,
    sweep_to_top,
    sweep_tree,
    threshold_of,
)
from engine.pipeline.health import health
from engine.pipeline.state import Market, as_of_date, fx_sentiment, market_state

__all__ = [
    "Analysis", "Cut", "Market", "Portfolio", "Risk", "Swept", "allocated", "allocation_inputs",
    "analyse", "as_of_date", "assess_risk", "build_panel", "cluster_fragility", "correlate",
    "cut_tree", "fx_sentiment", "grow", "health", "market_state", "optimise", "sweep_document",
    "sweep_to_top", "sweep_tree", "threshold_of", "within_clusters",
]  # fmt: skip
