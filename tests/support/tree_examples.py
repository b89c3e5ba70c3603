"""Trees of any shape, and the analysed mixed universe at every linkage."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import mixed_grid
from hypothesis import strategies as st

from engine import pipeline
from engine.analytics.together import node_names
from engine.analytics.tree import Tree, build_tree
from engine.params import LINKAGES, Params
from engine.pipeline import Analysis, Swept


def tree_of(n: int, seed: int, method: str = "average", ties: bool = False) -> Tree:
    rng = np.random.default_rng(seed)
    series = rng.standard_normal((n, 25)) + rng.standard_normal((3, 25))[rng.integers(0, 3, n)]
    matrix = np.clip(np.atleast_2d(np.corrcoef(series)), -1, 1)
    if ties:
        matrix = np.round(matrix, 1)
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    return build_tree(matrix, tuple(f"S{i:03d}" for i in rng.permutation(n)), method)


trees = st.builds(
    tree_of, st.integers(1, 25), st.integers(0, 10_000), st.sampled_from(LINKAGES), st.booleans()
)


@pytest.fixture(scope="module", params=LINKAGES)
def analysed(request: pytest.FixtureRequest) -> tuple[Analysis, Swept]:
    params = Params().with_settings({"tree.linkage": request.param, "tree.threshold": 0.5})
    result = pipeline.analyse(mixed_grid(), params)
    if request.param == "ward":
        params = pipeline.sweep_to_top(result.tree, params)
    return result, pipeline.sweep_tree(result.correlation, result.tree, params)


def names_of(a: Analysis) -> tuple[str, ...]:
    members = a.panel.members
    return node_names(
        a.tree,
        dict(zip(members["symbol"], members["sector"], strict=True)),
        dict(zip(members["symbol"], members["asset_class"], strict=True)),
    )


def assets_of(a: Analysis) -> dict[str, str]:
    return dict(zip(a.panel.symbols, a.panel.assets, strict=True))
