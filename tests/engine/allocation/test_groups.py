"""Systemic groups."""

from __future__ import annotations

import numpy as np
import pytest
from portfolio_problems import made_inputs
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from engine.allocation.groups import n_groups, systemic_groups
from engine.allocation.inputs import Inputs
from engine.analytics.tree import distance


def groups(inputs: Inputs, kind: str) -> tuple[np.ndarray, dict[int, str]]:
    return systemic_groups(
        inputs.symbols, inputs.linkage_correlation, inputs.sectors, inputs.classes, kind
    )


@pytest.mark.parametrize(
    ("n", "k"), [(1, 1), (4, 4), (5, 5), (20, 5), (25, 5), (26, 6), (55, 11), (56, 12), (500, 12)]
)
def test_how_many(n: int, k: int) -> None:
    assert n_groups(n) == k


@pytest.mark.parametrize("seed", range(6))
def test_ward_is_scipys(seed: int) -> None:
    inputs = made_inputs(seed)
    ids, names = groups(inputs, "ward")
    z = linkage(squareform(distance(inputs.linkage_correlation), checks=False), "ward")
    theirs = fcluster(z, n_groups(len(ids)), "maxclust")
    assert ((ids[:, None] == ids) == (theirs[:, None] == theirs)).all()
    assert set(names) == set(ids.tolist())


def test_the_threshold_moves_no_group() -> None:
    fine, coarse = made_inputs(3, threshold=0.1), made_inputs(3, threshold=0.8)
    assert len(fine.cluster_ids) > len(coarse.cluster_ids)
    assert groups(fine, "ward")[0].tolist() == groups(coarse, "ward")[0].tolist()


def test_sectors_and_classes_where_there_is_none() -> None:
    ids, names = systemic_groups(
        ("A", "B", "C", "D", "E"), np.eye(5),
        ("Energy", "", "unknown", "Energy", "Banks"), ("equity", "fx", "", "equity", "equity"),
        "sector",
    )  # fmt: skip
    assert [names[i] for i in ids] == ["Energy", "fx", "Unknown", "Energy", "Banks"]
    assert sorted(names) == [1, 2, 3, 4]
