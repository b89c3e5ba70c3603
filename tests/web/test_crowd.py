"""Twenty visitors at once: no error, and nobody sees a number that is not theirs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browser_support import serving
from session_client import Session, open_session

from engine import pipeline
from engine.analytics.tree import n_clusters
from engine.desk import Desk
from engine.params import Params
from engine.sources.simulation.simulate import SimulationSpec

SESSIONS = 20
LOOKBACKS = (150, 200)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crowd") / "x.duckdb"
    Desk(path).load_simulated(SimulationSpec(seed=11, n_assets=60, n_sessions=400))
    return path


async def move(
    session: Session, seed: int, moves: int, expected: dict[int, dict[float, int]]
) -> list[str]:
    """One visitor moves t and now and then the lookback; returns what was wrong."""
    rng = random.Random(seed)
    lookback = LOOKBACKS[seed % 2]
    wrong = list(session.problems)
    wrong += differences(session, 0.40, expected[lookback])
    for _ in range(moves):
        t = round(rng.uniform(0.10, 0.90), 2)
        if rng.random() < 0.1:
            lookback = LOOKBACKS[LOOKBACKS.index(lookback) - 1]
        session.values = {"Threshold t": t, "Lookback, weekdays": lookback}
        session.problems.clear()
        await session.run()
        wrong += differences(session, t, expected[lookback]) + session.problems
    await session.socket.close()
    return wrong


def differences(session: Session, t: float, expected: dict[float, int]) -> list[str]:
    seen = (session.figures.get("threshold t"), session.figures.get("clusters"))
    right = (f"{t:.2f}", str(expected[t]))
    return [] if seen == right else [f"saw {seen}, the engine says {right}"]


def test_twenty_sessions_that_move_sliders_at_once(
    database: Path, campaign: Callable[[int, int], int]
) -> None:
    grid = Desk(database).open().grid
    expected = {}
    for lookback in LOOKBACKS:
        result = pipeline.analyse(grid, Params().with_settings({"panel.lookback": lookback}))
        steps = np.round(np.arange(0.10, 0.905, 0.01), 2)
        counts = n_clusters(result.tree, steps)
        expected[lookback] = dict(zip(steps.tolist(), counts.tolist(), strict=True))
    assert expected[150] != expected[200]

    async def crowd(base: str, moves: int) -> list[list[str]]:
        sessions = await asyncio.gather(
            *(
                open_session(base, "clusters", f"lookback={LOOKBACKS[seed % 2]}&t=0.40")
                for seed in range(SESSIONS)
            )
        )
        return await asyncio.gather(
            *(move(session, seed, moves, expected) for seed, session in enumerate(sessions))
        )

    with serving(database, database.with_suffix(".log")) as base:
        outcome = asyncio.run(crowd(base, campaign(5, 40)))
    assert len(outcome) == SESSIONS
    assert [sentence for wrong in outcome for sentence in wrong] == []
