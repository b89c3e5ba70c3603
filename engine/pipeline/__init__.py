"""The order of the stages. Each is a function of the stages before it and of its own parameters.

Pages, command line and scripts call these and nothing else, so they agree by construction.
"""

from engine.market.panel import build_panel
from engine.pipeline.audit import Case, every_case, evidence_of, recompute
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
from engine.pipeline.held import HeldRisk, risk_of
from engine.pipeline.record import (
    RULES,
    WAIVERS,
    record_of,
    run_result,
    weights_of,
)
from engine.pipeline.state import Market, as_of_date, basket_of, fx_sentiment, market_state

__all__ = [
    "RULES", "WAIVERS", "Analysis", "Case", "Cut", "HeldRisk", "Market", "Portfolio", "Risk",
    "Swept", "allocated", "allocation_inputs", "analyse", "as_of_date", "assess_risk", "basket_of",
    "build_panel",
    "cluster_fragility", "correlate", "cut_tree", "every_case", "evidence_of", "fx_sentiment",
    "grow", "health", "market_state", "optimise", "recompute", "record_of", "risk_of", "run_result",
    "sweep_document", "sweep_to_top", "sweep_tree", "threshold_of", "weights_of",
    "within_clusters",
]  # fmt: skip
