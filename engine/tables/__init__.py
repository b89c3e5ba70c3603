"""Results as tables and figures of speech, ready to be shown: no formulas, only arrangement."""

from __future__ import annotations

from engine.tables.clusters import (
    browser_tree,
    cluster_table,
    coloured,
    known_id,
    successor,
    threshold_marks,
)
from engine.tables.files import for_file, to_csv
from engine.tables.summary import Figure, cut_summary, threshold_text, universe_summary
from engine.tables.sweep import flow_table, membership_table, pair_table, sweep_table
from engine.tables.universe import (
    asset_names,
    gap_table,
    leaf_facts,
    member_table,
    out_table,
    universe_table,
)

__all__ = [
    "Figure",
    "asset_names",
    "browser_tree",
    "cluster_table",
    "coloured",
    "cut_summary",
    "flow_table",
    "for_file",
    "gap_table",
    "known_id",
    "leaf_facts",
    "member_table",
    "membership_table",
    "out_table",
    "pair_table",
    "successor",
    "sweep_table",
    "threshold_marks",
    "threshold_text",
    "to_csv",
    "universe_summary",
    "universe_table",
]
