"""What the benchmarks share: data, number of rounds, and the versions on record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pytest

from engine.analytics.correlation import Correlation, estimate_correlation
from engine.analytics.tree import Tree, build_tree

SESSIONS = 500
MISSING = 0.05
BLOCKS = 10
LIBRARIES = (
    "numpy", "scipy", "pandas", "scikit-learn", "fastcluster", "clarabel", "daqp", "cvxpy",
    "pyportfolioopt", "skfolio", "riskfolio-lib",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One universe: returns with holes, and what the engine made of them."""

    n: int
    returns: np.ndarray
    symbols: tuple[str, ...]
    correlation: Correlation
    tree: Tree


@pytest.fixture(scope="session", params=[60, 250, 500, 1000], ids=lambda n: f"N={n}")
def case(request: pytest.FixtureRequest) -> Case:
    """Block factor returns with fat tails, 5 % missing at random; seeded."""
    n = request.param
    rng = np.random.default_rng(n)
    market = rng.standard_normal((SESSIONS, 1))
    blocks = rng.standard_normal((SESSIONS, BLOCKS))[:, rng.integers(0, BLOCKS, n)]
    own = rng.standard_t(4, (SESSIONS, n))
    returns = 0.01 * (0.6 * market + 0.6 * blocks + 0.8 * own)
    returns[rng.random((SESSIONS, n)) < MISSING] = np.nan
    symbols = tuple(f"S{i:04d}" for i in range(n))
    correlation = estimate_correlation(returns, symbols, ("equity",) * n, SESSIONS)
    return Case(n, returns, symbols, correlation, build_tree(correlation))


@pytest.fixture
def measure(benchmark, case):
    """Run a call in rounds and file it: `measure(task, who, call)`. A module may have a `case` of
    its own, with a size `n`."""

    def run(task: str, who: str, call, rounds: int | None = None):
        benchmark.group = task
        benchmark.extra_info.update(task=task, who=who, n=case.n)
        default = 31 if case.n <= 250 else 11
        return benchmark.pedantic(call, rounds=rounds or default, warmup_rounds=1)

    return run


def pytest_benchmark_update_machine_info(config, machine_info) -> None:
    """Keep what a reader needs to judge the numbers."""
    machine_info["cores"] = len(os.sched_getaffinity(0))
    machine_info["libraries"] = {name: version(name) for name in LIBRARIES}
